import { describe, expect, it, vi } from 'vitest';
import type { StreamPart } from '../../../src/backends/backend.ts';
import { TokenRatio } from '../../../src/base/tokenRatio.ts';
import type { Attachment } from '../../../src/chat/attachments.ts';
import { type TranscriptFiles, TranscriptStore } from '../../../src/chat/transcriptStore.ts';
import type { Consent } from '../../../src/routing/privacyPolicy.ts';
import { ChatHost } from '../../../src/vscode/chatHost.ts';
import type { ChatToView } from '../../../src/webview/chatProtocol.ts';
import { doorHarness } from '../../support/doorHarness.ts';
import { FakeClock, settle } from '../../support/fakeClock.ts';
import { candidateOf, modelFacts, ScriptedBackend } from '../../support/scriptedBackend.ts';

const FINISH: StreamPart = {
  type: 'finish',
  reason: 'stop',
  usage: { inputTokens: 9, cachedInputTokens: undefined, outputTokens: 3, source: 'reported' },
};

const SELECTION: Attachment = {
  kind: 'selection',
  path: 'src/a.ts',
  languageId: 'typescript',
  text: 'let a = 1;',
  lines: { first: 3, last: 3 },
};

function memoryFiles(): TranscriptFiles & { texts: Map<string, string> } {
  const texts = new Map<string, string>();
  return {
    texts,
    names: async () => [...texts.keys()],
    read: async name => texts.get(name),
    write: async (name, text) => void texts.set(name, text),
    remove: async name => void texts.delete(name),
  };
}

function house(files = memoryFiles()) {
  const clock = new FakeClock();
  const backend = new ScriptedBackend();
  backend.parts = [{ type: 'text', text: 'Use this:\n\n```ts\nlet b = 2;\n```' }, FINISH];
  const candidate = candidateOf(backend, { rung: 'workhorse', model: modelFacts('chatty', { contextTokens: 4096 }) });
  const harness = doorHarness(clock, [candidate]);
  const posted: ChatToView[] = [];
  const editor = {
    gather: vi.fn(async () => [SELECTION]),
    gatherFor: vi.fn(async () => [SELECTION]),
    openFileName: () => 'a.ts',
    useCode: vi.fn(async () => {}),
    openLink: vi.fn(async () => {}),
    showMarkdown: vi.fn(async () => {}),
    askName: async () => 'A better name',
    confirmRemoval: async () => true,
    showRequest: vi.fn(async () => {}),
    run: vi.fn(async () => {}),
  };
  const askConsent = vi.fn(async (): Promise<Consent | undefined> => undefined);
  let ids = 0;
  const host = new ChatHost({
    clock,
    door: harness.door,
    tokenRatio: new TokenRatio(),
    newId: () => `i${++ids}`,
    store: new TranscriptStore(files),
    editor,
    report: () => ({ rung: 'workhorse', candidate, problem: undefined, residency: undefined }),
    askConsent,
    canAskLarger: () => true,
    post: message => posted.push(message),
  });
  const last = <T extends ChatToView['type']>(type: T) =>
    posted.findLast((message): message is Extract<ChatToView, { type: T }> => message.type === type);
  return { clock, host, posted, editor, askConsent, files, last, harness };
}

describe('chat host', () => {
  it('answers a page that is ready with everything it shows', async () => {
    const { host, last } = house();
    await host.handle({ type: 'ready', version: 1 });
    expect(last('state')?.state).toMatchObject({
      turns: [],
      status: { model: 'chatty', place: 'this machine', isRemote: false, canAskLarger: true },
      starters: ['/explain What does a.ts do?', '/tests', 'What could go wrong in a.ts?'],
    });
  });

  it('streams an answer and ends it with its numbers', async () => {
    const { host, posted, last } = house();
    await host.handle({ type: 'ask', text: 'how?' });
    expect(posted.filter(({ type }) => type === 'text')).toHaveLength(1);
    expect(last('turn')?.turn.answers[0]).toMatchObject({ author: 'chatty', state: 'finished', requestId: 'r1' });
    expect(last('turn')?.turn.answers[0]?.metrics).toContain('9 in · 3 out · $0');
    expect(last('context')?.context.used).toMatch(/^≈ \d+ of 4,096 tok$/);
  });

  it('sends what is attached once, and what a command needs where nothing is', async () => {
    const { host, editor, last } = house();
    await host.handle({ type: 'attach', kind: 'selection' });
    expect(last('attachments')?.chips.map(({ label }) => label)).toEqual(['a.ts 3–3']);
    await host.handle({ type: 'ask', text: 'why?' });
    expect(last('turn')?.turn.chips).toHaveLength(1);
    expect(last('attachments')?.chips).toEqual([]);
    await host.handle({ type: 'ask', text: '/explain' });
    expect(editor.gatherFor).toHaveBeenCalledWith('selectionOrFile');
    expect(last('turn')?.turn).toMatchObject({ question: '/explain', chips: [{ label: 'a.ts 3–3' }] });
  });

  it('hands over only code that stands in the answer', async () => {
    const { host, editor, last } = house();
    await host.handle({ type: 'ask', text: 'how?' });
    const answerId = last('turn')?.turn.answers[0]?.id ?? '';
    const code = { type: 'code', action: 'apply', answerId, languageId: 'ts' } as const;
    await host.handle({ ...code, text: 'rm -rf ~' });
    expect(editor.useCode).not.toHaveBeenCalled();
    await host.handle({ ...code, text: 'let b = 2;' });
    expect(editor.useCode).toHaveBeenCalledOnce();
  });

  it('runs none but its own commands for a page', async () => {
    const { host, editor } = house();
    await host.handle({ type: 'runAction', command: 'workbench.action.terminal.sendSequence' });
    expect(editor.run).not.toHaveBeenCalled();
    await host.handle({ type: 'runAction', command: 'minnow.setUp' });
    expect(editor.run).toHaveBeenCalledWith('minnow.setUp');
  });

  it('sends nothing to a larger model without consent', async () => {
    const { host, askConsent, harness, last } = house();
    await host.handle({ type: 'ask', text: 'how?' });
    await host.handle({ type: 'askLarger', turnId: last('turn')?.turn.id ?? '' });
    expect(askConsent).toHaveBeenCalledOnce();
    expect(harness.records).toHaveLength(1);
  });

  it('keeps a conversation and a draft over a restart', async () => {
    const files = memoryFiles();
    const first = house(files);
    await first.host.handle({ type: 'ask', text: 'how?' });
    await first.host.handle({ type: 'draft', text: 'and wh' });
    await first.clock.advance(1_000);
    await settle();
    const second = house(files);
    await second.host.handle({ type: 'ready', version: 1 });
    expect(second.last('state')?.state).toMatchObject({
      title: 'how?',
      draft: 'and wh',
      turns: [{ question: 'how?' }],
    });
  });

  it('finds, renames and removes conversations', async () => {
    const { host, clock, last, files } = house();
    await host.handle({ type: 'ask', text: 'how?' });
    await clock.advance(1_000);
    await host.handle({ type: 'newChat' });
    await host.handle({ type: 'history', words: 'how' });
    const [item] = last('history')?.items ?? [];
    expect(item?.title).toBe('how?');
    await host.handle({ type: 'rename', conversationId: item?.id ?? '', title: 'how?' });
    expect(last('history')?.items[0]?.title).toBe('A better name');
    await host.handle({ type: 'remove', conversationId: item?.id ?? '' });
    expect([...files.texts.values()].some(text => text.includes('A better name'))).toBe(false);
  });

  it('forgets every conversation, the open one too', async () => {
    const { host, clock, last, files } = house();
    await host.handle({ type: 'ask', text: 'how?' });
    await clock.advance(1_000);
    await host.removeAll();
    await clock.advance(5_000);
    expect([...files.texts.keys()]).toEqual([]);
    expect(last('state')?.state.turns).toEqual([]);
  });

  it('summarizes what was said, and takes that back', async () => {
    const { host, last } = house();
    await host.handle({ type: 'ask', text: 'how?' });
    await host.handle({ type: 'summarize' });
    expect(last('state')?.state.isSummarized).toBe(true);
    await host.handle({ type: 'undoSummary' });
    expect(last('state')?.state).toMatchObject({ isSummarized: false, turns: [{ question: 'how?' }] });
  });
});
