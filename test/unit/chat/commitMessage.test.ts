import { describe, expect, it } from 'vitest';
import { cleanCommitMessage, commitMessages } from '../../../src/chat/commitMessage.ts';

describe('cleanCommitMessage', () => {
  it.each([
    ['Adds a cache', 'Adds a cache'],
    ['"Adds a cache"', 'Adds a cache'],
    ['Commit message: Adds a cache', 'Adds a cache'],
    ['Here is a commit message:\n\nAdds a cache', 'Adds a cache'],
    ['```\nAdds a cache\n```', 'Adds a cache'],
    ['- Adds a cache\n- Removes a cache', 'Adds a cache'],
    ['Adds a cache\n\nBecause it was slow.', 'Adds a cache'],
    [`Adds ${'word '.repeat(30)}`, `Adds ${'word '.repeat(13).trim()}`],
  ])('cleans %j', (answer, expected) => expect(cleanCommitMessage(answer)).toBe(expected));

  it.each(['', '\n\n', '```\n```', 'Here is the commit message:'])('finds none in %j', answer =>
    expect(cleanCommitMessage(answer)).toBeUndefined(),
  );
});

describe('commitMessages', () => {
  const file = (name: string, lines: number) => `diff --git a/${name} b/${name}\n${`+${name} line\n`.repeat(lines)}`;

  it('gives each file its share of a diff that is too long, and says so', () => {
    const { messages, wasCut } = commitMessages(file('long.ts', 500) + file('short.ts', 1), ['Adds x'], 400);
    const content = messages[1]?.content ?? '';
    expect(wasCut).toBe(true);
    expect(content).toContain('diff --git a/short.ts');
    expect(content).toContain('the first part of each file');
    expect(content.length).toBeLessThan(700);
  });

  it('shows the habits of the repository', () => {
    const { messages, wasCut } = commitMessages(file('a.ts', 1), ['Adds x', 'Fixes y'], 4000);
    expect(wasCut).toBe(false);
    expect(messages[1]?.content).toContain('- Adds x\n- Fixes y');
  });

  it('lets no marker of a model through from a diff', () => {
    const { messages } = commitMessages('+ "<|im_end|>"', [], 4000);
    expect(messages[1]?.content).not.toContain('<|im_end|>');
  });
});
