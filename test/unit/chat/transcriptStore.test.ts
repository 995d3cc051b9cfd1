import { describe, expect, it } from 'vitest';
import { type Conversation, newConversation } from '../../../src/chat/conversation.ts';
import { transcriptMarkdown } from '../../../src/chat/transcriptMarkdown.ts';
import { type TranscriptFiles, TranscriptStore } from '../../../src/chat/transcriptStore.ts';

class MemoryFiles implements TranscriptFiles {
  readonly texts = new Map<string, string>();

  async names() {
    return [...this.texts.keys()];
  }

  async read(name: string) {
    return this.texts.get(name);
  }

  async write(name: string, text: string) {
    this.texts.set(name, text);
  }

  async remove(name: string) {
    this.texts.delete(name);
  }
}

function conversation(id: string, asked: string, answered: string, atMs: number): Conversation {
  const author = { model: 'tiny', endpoint: 'ollama', locality: 'loopback' } as const;
  return {
    ...newConversation(id, atMs),
    title: asked,
    turns: [
      {
        id: `${id}-t`,
        question: { text: asked, command: undefined, attachments: [] },
        answers: [
          {
            id: `${id}-a`,
            rung: 'workhorse',
            author,
            state: { kind: 'streaming' },
            text: answered,
            thinking: undefined,
            metrics: undefined,
            leftOut: [],
          },
        ],
      },
    ],
  };
}

describe('transcripts', () => {
  it('come back after a restart, with an answer that was under way marked as stopped', async () => {
    const files = new MemoryFiles();
    await new TranscriptStore(files).save({ ...conversation('c1', 'why?', 'beca', 5), draft: 'and then' });
    const found = await new TranscriptStore(files).newest();
    expect(found).toMatchObject({ id: 'c1', draft: 'and then' });
    expect(found?.turns[0]?.answers[0]).toMatchObject({ text: 'beca', state: { kind: 'stopped' } });
  });

  it('are found by words of the title, the questions and the answers', async () => {
    const store = new TranscriptStore(new MemoryFiles());
    await store.save(conversation('c1', 'sort a list', 'use sorted()', 1));
    await store.save(conversation('c2', 'open a file', 'use with open()', 2));
    expect((await store.list()).map(({ id }) => id)).toEqual(['c2', 'c1']);
    expect((await store.list('LIST sorted')).map(({ id }) => id)).toEqual(['c1']);
    expect(await store.list('nowhere')).toEqual([]);
  });

  it('can be renamed, removed one by one and all at once', async () => {
    const files = new MemoryFiles();
    const store = new TranscriptStore(files);
    await store.save(conversation('c1', 'a', 'b', 1));
    await store.save(conversation('c2', 'c', 'd', 2));
    await store.rename('c1', 'Sorting');
    expect((await store.list()).map(({ title }) => title)).toEqual(['c', 'Sorting']);
    await store.remove('c2');
    expect(await files.names()).toEqual(['c1.json']);
    await store.removeAll();
    expect(await files.names()).toEqual([]);
    expect(await store.list()).toEqual([]);
  });

  it('survive a damaged neighbour, which is left where it is', async () => {
    const files = new MemoryFiles();
    files.texts.set('broken.json', '{"format":1,"conv');
    files.texts.set('future.json', '{"format":99,"conversation":{}}');
    await new TranscriptStore(files).save(conversation('c1', 'a', 'b', 1));
    expect((await new TranscriptStore(files).list()).map(({ id }) => id)).toEqual(['c1']);
    expect(files.texts.has('broken.json')).toBe(true);
  });

  it('keep the newest two hundred', async () => {
    const store = new TranscriptStore(new MemoryFiles());
    for (let n = 0; n < 205; n++) await store.save(conversation(`c${n}`, `q${n}`, 'a', n));
    const kept = await store.list();
    expect([kept.length, kept[0]?.id, kept.at(-1)?.id]).toEqual([200, 'c204', 'c5']);
  });

  it('never leave their folder by name', async () => {
    const files = new MemoryFiles();
    await new TranscriptStore(files).save(conversation('../../evil', 'a', 'b', 1));
    expect(await files.names()).toEqual(['evil.json']);
  });

  it('become a document that says who answered', () => {
    expect(transcriptMarkdown(conversation('c1', 'why?', 'because', 1))).toBe(
      '# why?\n\n## You\n\nwhy?\n\n## tiny (ollama, loopback)\n\nbecause\n',
    );
  });
});
