import { describe, expect, it } from 'vitest';
import type { CompletionOutcome } from '../../../src/completion/outcome.ts';
import { CompletionSession } from '../../support/completionSession.ts';

/** The document so far, from a prompt in Qwen's notation: the prefix, and what was typed since the anchor. */
function written(prompt: string): string {
  const [, prefix = '', , middle = ''] = prompt.split(/<\|fim_\w+\|>/);
  return prefix + middle;
}

/** A model that knows how the document goes on. */
function knowing(document: string): (prompt: string) => string {
  return prompt => {
    const before = written(prompt);
    return document.startsWith(before) ? document.slice(before.length) : 'no idea;';
  };
}

function kindsOf(outcomes: readonly CompletionOutcome[]): string[] {
  return outcomes.map(outcome => {
    if (outcome.kind === 'shown') return outcome.from;
    return 'why' in outcome ? `${outcome.kind}: ${outcome.why}` : outcome.kind;
  });
}

const DOCUMENT = 'const prices = load();\nconst total = sum(prices);\nreturn total;\n';
const START = 'const prices = load();\n‸';

describe('a completion', () => {
  it('is asked for, trimmed and shown', async () => {
    const session = new CompletionSession(knowing(DOCUMENT));
    await session.edit(START);
    await session.clock.advance(1000);
    expect(session.screen).toEqual([[220, 'const total = sum(prices);']]);
    expect(session.records.map(record => [record.purpose, record.outcome.kind])).toEqual([['completion', 'answered']]);
  });

  it('is typed through from memory, without another request and without a wait', async () => {
    const session = new CompletionSession(knowing(DOCUMENT));
    await session.edit(START);
    await session.clock.advance(400);
    await session.type('const t', 100);
    expect(session.backend.heard.length).toBe(1);
    expect(session.screen.slice(1).map(([, text]) => text)).toEqual([
      'onst total = sum(prices);',
      'nst total = sum(prices);',
      'st total = sum(prices);',
      't total = sum(prices);',
      ' total = sum(prices);',
      'total = sum(prices);',
      'otal = sum(prices);',
    ]);
    expect(session.screen.slice(1).map(([atMs]) => atMs % 100)).toEqual([0, 0, 0, 0, 0, 0, 0]);
  });

  it('is waited for by later keys while the answer agrees with them', async () => {
    const session = new CompletionSession(knowing(DOCUMENT));
    session.backend.firstTokenMs = 300;
    await session.edit(START);
    await session.type('con', 80);
    await session.clock.advance(200);
    expect(session.backend.heard.length).toBe(1);
    expect(session.shown).toBe('st total = sum(prices);');
    expect(session.lastOutcome).toMatchObject({ kind: 'shown', from: 'inFlight' });
  });

  it('counts the wait for a request that then was of no use as standing in line, not as hesitation', async () => {
    const session = new CompletionSession(knowing(DOCUMENT));
    session.backend.firstTokenMs = 300;
    await session.edit(START);
    await session.clock.advance(80);
    await session.type('x', 0);
    await session.clock.advance(2000);
    const [useless, second] = session.records;
    expect(useless?.outcome.kind).toBe('cancelled');
    expect(second?.spans.queueMs).toBe((session.backend.heard[0]?.closedAtMs ?? 0) - 80);
    expect(second?.spans.debounceMs).toBeLessThan(200);
  });

  it('is stopped at the server as soon as a key contradicts it', async () => {
    const session = new CompletionSession(() => 'const total = sum(prices, with, many, more, words);\n');
    await session.edit(START);
    await session.clock.advance(140);
    await session.type('r', 0);
    const [first] = session.backend.heard;
    expect(first?.closedAtMs).toBe(140);
    expect(first?.saidChars).toBeLessThan(16);
    expect(session.records[0]?.outcome).toEqual({ kind: 'cancelled', at: 'generate' });
  });

  it('never has more than one request running, and of those that wait the last one wins', async () => {
    let running = 0;
    const session = new CompletionSession(() => 'xyz xyz\n');
    await session.edit('let a = 1;\n‸');
    for (const key of 'abcdefgh') {
      await session.type(key, 30);
      running = Math.max(running, session.backend.running);
    }
    await session.clock.advance(1000);
    expect(running).toBe(1);
    const last = session.backend.heard.at(-1);
    expect(written(last?.prompt ?? '')).toBe('let a = 1;\nabcdefgh');
  });

  it('shows nothing that was said for another text', async () => {
    const session = new CompletionSession(knowing(DOCUMENT));
    await session.edit(START);
    await session.edit('let other = 1;\n‸');
    await session.clock.advance(1000);
    expect(session.screen.map(([, text]) => text)).toEqual(['no idea;']);
  });

  it('forgets what was being said when the request was stopped in the middle of a line', async () => {
    const session = new CompletionSession(() => 'const total = sum(prices);\n');
    await session.edit(START);
    await session.clock.advance(140);
    await session.edit('elsewhere();\n‸');
    await session.clock.advance(0);
    session.outcomes.length = 0;
    await session.edit(START);
    await session.clock.advance(1000);
    expect(session.shown).toBe('const total = sum(prices);');
    expect(session.backend.heard.length).toBe(3);
  });

  it('is not shown from an answer that was cut off', async () => {
    const session = new CompletionSession(() => ({ text: 'const tot', reason: 'cut' }));
    await session.edit(START);
    await session.clock.advance(1000);
    expect(kindsOf(session.outcomes)).toEqual(['empty: cutOff']);
  });

  it('goes on after it was taken, with what the same answer said further', async () => {
    const session = new CompletionSession(knowing(DOCUMENT));
    await session.edit(START);
    await session.clock.advance(300);
    await session.type('c');
    await session.clock.advance(400);
    await session.accept();
    await session.clock.advance(0);
    expect(session.shown).toBe('\nreturn total;');
    expect(session.acceptances).toMatchObject([{ action: 'accepted', requestId: 'r1', shownChars: 26 }]);
  });

  it('is looked ahead of while the user agrees with it and pauses, at no cost to what they wait for', async () => {
    const long = 'const prices = load();\nconst total = sum(prices);\nlog(total);\nsave(total);\nreturn total;\n';
    const session = new CompletionSession(prompt => knowing(long)(prompt).split('\n').slice(0, 1).join(''));
    await session.edit(START);
    await session.clock.advance(400);
    await session.type('c', 210);
    expect(session.records.map(record => record.purpose)).toEqual(['completion']);
    expect(session.backend.heard.length).toBe(2);
    expect(written(session.backend.heard[1]?.prompt ?? '')).toBe('const prices = load();\nconst total = sum(prices);');
    await session.edit('const prices = load();\ncx‸');
    expect(session.backend.heard[1]?.closedAtMs).toBe(session.clock.monotonicMs());
  });

  it('fits between brackets that the editor closes by itself', async () => {
    const session = new CompletionSession(knowing('prepare();\ncall(a, b);\n'));
    await session.edit('prepare();\ncall‸');
    await session.clock.advance(500);
    await session.edit('prepare();\ncall(‸)');
    await session.clock.advance(0);
    expect(session.lastOutcome).toMatchObject({
      from: 'typingAhead',
      suggestion: { text: 'a, b);', replacedSuffixChars: 1 },
    });
  });
});

describe('a doubtful suggestion', () => {
  /** A model that is wrong, line after line, until it is known to be. */
  async function distrusted(): Promise<CompletionSession> {
    const session = new CompletionSession(() => 'wrong();\n');
    for (let line = 0; line < 20; line++) {
      const above = `let a = 1;\n${'b();\n'.repeat(line)}`;
      await session.edit(`${above}‸`);
      await session.clock.advance(300);
      await session.edit(`${above}x‸`);
      await session.clock.advance(30);
    }
    await session.clock.advance(2000);
    session.screen.length = 0;
    session.outcomes.length = 0;
    return session;
  }

  it('waits for a pause', async () => {
    const session = await distrusted();
    session.backend.firstTokenMs = 50;
    await session.edit('let c = 3;\n‸');
    await session.clock.advance(199);
    expect(session.screen).toEqual([]);
    await session.clock.advance(1);
    expect(session.shown).toBe('wrong();');
  });

  it('is not shown at all when a key comes first, and is when the key agrees with it', async () => {
    const session = await distrusted();
    session.backend.firstTokenMs = 50;
    await session.edit('let c = 3;\n‸');
    await session.clock.advance(150);
    await session.type('wro', 100);
    expect(kindsOf(session.outcomes)).toEqual(['typingAhead', 'empty: lowConfidence', 'typingAhead', 'typingAhead']);
    expect(session.shown).toBe('ng();');
  });

  it('is shown at once when it is asked for by hand', async () => {
    const session = await distrusted();
    session.backend.firstTokenMs = 50;
    await session.edit('let c = 3;\n‸', { trigger: 'invoked' });
    await session.clock.advance(100);
    expect(session.shown).toBe('wrong();');
  });
});

describe('nothing is suggested', () => {
  it.each<[why: string, text: string, expected: string]>([
    ['in the middle of a word', 'const to‸tal = 1;', 'skipped: insideWord'],
    ['before other text', 'const a = ‸ + call(b);', 'skipped: textAfterCursor'],
    ['in an empty document', '‸', 'skipped: documentTooShort'],
  ])('%s', async (_why, text, expected) => {
    const session = new CompletionSession(() => 'x');
    await session.edit(text);
    await session.clock.advance(1000);
    expect(kindsOf(session.outcomes)).toEqual([expected]);
    expect(session.backend.heard.length).toBe(0);
  });

  it('by itself when it is off, and all the same when it is asked for by hand', async () => {
    const session = new CompletionSession(knowing(DOCUMENT), { settings: { enabled: false } });
    await session.edit(START);
    await session.clock.advance(500);
    await session.edit(START, { trigger: 'invoked' });
    await session.clock.advance(500);
    expect(kindsOf(session.outcomes)).toEqual(['skipped: off', 'stream']);
  });

  it('while the model is loading, and no request interrupts that', async () => {
    const problem = { kind: 'modelLoading', model: 'coder', fraction: undefined } as const;
    const session = new CompletionSession(() => 'x', { problem });
    await session.edit(START);
    expect(session.outcomes).toEqual([{ kind: 'failed', problem }]);
    expect(session.backend.heard.length).toBe(0);
  });

  it('by a model that cannot fill in the middle', async () => {
    const session = new CompletionSession(() => 'x', { model: { aliases: [], name: 'llama3.2:3b' } });
    await session.edit(START);
    await session.clock.advance(100);
    expect(session.lastOutcome).toMatchObject({ kind: 'failed', problem: { kind: 'modelWithoutFim' } });
  });

  it('where the model just had nothing to say, without asking it again', async () => {
    const session = new CompletionSession(() => '');
    await session.edit(START);
    await session.clock.advance(500);
    await session.edit(START);
    await session.clock.advance(500);
    expect(kindsOf(session.outcomes)).toEqual(['empty: modelEndedAtOnce', 'skipped: emptyHere']);
    expect(session.backend.heard.length).toBe(1);
  });

  it('again that was sent away with Escape', async () => {
    const session = new CompletionSession(knowing(DOCUMENT));
    await session.edit(START);
    await session.clock.advance(500);
    const shown = session.lastOutcome;
    session.engine.dismissed(shown?.kind === 'shown' ? shown.suggestion.id : '', 'rejected');
    await session.edit(START);
    await session.clock.advance(1000);
    expect(kindsOf(session.outcomes)).toEqual(['stream', 'skipped: rejectedHere']);
    expect(session.acceptances).toMatchObject([{ action: 'dismissed' }]);
  });

  it('without a reason: what happened is told for each wish, newest first', async () => {
    const session = new CompletionSession(knowing(DOCUMENT));
    await session.edit('const to‸tal = 1;');
    await session.edit(START);
    await session.clock.advance(500);
    expect(session.engine.recentOutcomes().map(({ line, outcome }) => [line, outcome.kind])).toEqual([
      [1, 'shown'],
      [0, 'skipped'],
    ]);
  });
});

describe('with Ollama', () => {
  it('one line is asked for, whole, and nothing is stopped while it may still agree', async () => {
    const session = new CompletionSession(knowing(DOCUMENT), { dialect: 'ollama' });
    session.backend.firstTokenMs = 300;
    await session.edit('const prices = load();\nconst‸');
    await session.type(' to', 60);
    await session.clock.advance(150);
    expect(session.backend.heard.map(({ request }) => [request.delivery, request.stop[0]])).toEqual([['whole', '\n']]);
    expect(session.shown).toBe('tal = sum(prices);');
  });

  it('after a complete line the line break is given, so that the stop at the next one leaves a line', async () => {
    const session = new CompletionSession(knowing(DOCUMENT), { dialect: 'ollama' });
    await session.edit('const prices = load();‸');
    await session.clock.advance(1000);
    expect(session.backend.heard[0]?.prompt.endsWith('<|fim_middle|>\n')).toBe(true);
    expect(session.shown).toBe('\nconst total = sum(prices);');
  });

  it('no other prompt is sent before an abandoned one can have been read', async () => {
    const below = 'x();\n'.repeat(200);
    const session = new CompletionSession(() => 'abc\n', { dialect: 'ollama' });
    session.backend.firstTokenMs = 2000;
    await session.edit(`${below}one(‸`);
    await session.clock.advance(100);
    await session.edit(`${below}two(‸`);
    await session.clock.advance(5);
    expect([session.backend.heard.length, session.backend.running]).toEqual([1, 0]);
    await session.clock.advance(1000);
    expect(session.backend.heard.length).toBe(2);
  });
});

describe('further suggestions', () => {
  it('are asked for with some chance, come only if they differ, and go on when they are typed', async () => {
    let asked = 0;
    const session = new CompletionSession(() => ['first();\n', 'second();\n', 'first();\n'][asked++] ?? 'more();\n');
    await session.edit(START);
    await session.clock.advance(500);
    const found = session.alternatives();
    await session.clock.advance(1000);
    expect((await found).map(suggestion => suggestion.text)).toEqual(['second();']);
    expect(session.backend.heard.map(({ request }) => request.sampling.temperature > 0)).toEqual([false, true, true]);
    await session.type('sec', 50);
    expect(session.lastOutcome).toMatchObject({ from: 'typingAhead', suggestion: { text: 'ond();' } });
    expect(session.backend.heard.length).toBe(3);
  });
});

describe('a file that is opened', () => {
  it('is read by the engine before anybody asks, and its reading gives way to a key', async () => {
    const session = new CompletionSession(knowing(DOCUMENT));
    session.backend.firstTokenMs = 1000;
    session.prepare(START);
    await session.clock.advance(400);
    expect(session.backend.heard.map(({ request }) => request.maxTokens)).toEqual([1]);
    session.backend.firstTokenMs = 50;
    await session.edit(START);
    await session.clock.advance(500);
    expect(session.backend.heard.map(({ closedAtMs }) => closedAtMs !== undefined)).toEqual([true, true]);
    expect(session.backend.heard[0]?.closedAtMs).toBe(400);
    expect(session.records.map(({ purpose, outcome }) => [purpose, outcome.kind])).toEqual([
      ['preRead', 'cancelled'],
      ['completion', 'answered'],
    ]);
    expect(session.shown).toBe('const total = sum(prices);');
  });

  it('shows nothing of the answer that reading brought', async () => {
    const session = new CompletionSession(() => 'x');
    session.prepare(START);
    await session.clock.advance(1000);
    session.backend.firstTokenMs = 300;
    await session.edit(START);
    expect(session.outcomes).toEqual([]);
  });
});

describe('an engine that is slow to read', () => {
  it('gets shorter prompts, from the next file on', async () => {
    const session = new CompletionSession(() => 'x();\n');
    const above = 'value = compute(value);\n'.repeat(300);
    session.backend.firstTokenMs = 9000;
    await session.edit(`${above}‸`);
    await session.clock.advance(9500);
    await session.edit(`${above}‸`, { uri: 'file:///w/other.ts' });
    const [first, second] = session.backend.heard.map(({ prompt }) => prompt.length);
    expect(second).toBeLessThan((first ?? 0) * 0.75);
  });
});

describe('context', () => {
  it('is not waited for longer than 15 ms', async () => {
    const contextSource = { snapshot: () => new Promise<never>(() => {}) };
    const session = new CompletionSession(knowing(DOCUMENT), { contextSource });
    await session.edit(START);
    await session.clock.advance(15);
    expect(session.backend.heard.map(({ sentAtMs }) => sentAtMs)).toEqual([15]);
  });
});
