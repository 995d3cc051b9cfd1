import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CompletionSession, type SessionOptions } from '../../support/completionSession.ts';

// Sessions as they were typed: what stood on the screen, and when. The model knows one document and is not always right.

const DOCUMENT = `import { load } from './store';

export function total(cart: Cart): number {
  let sum = 0;
  for (const line of cart.lines) {
    sum += line.price * line.quantity;
  }
  return sum;
}

export function isEmpty(cart: Cart): boolean {
  return cart.lines.length === 0;
}
`;

function written(prompt: string): string {
  const [, prefix = '', , middle = ''] = prompt.split(/<\|fim_\w+\|>/);
  return prefix + middle;
}

/** Goes on rightly, except where the document so far has a length that `isWrongAt` names. */
function modelThatIsWrongAt(isWrongAt: (length: number) => boolean): (prompt: string) => string {
  return prompt => {
    const before = written(prompt);
    if (!DOCUMENT.startsWith(before)) return 'unknown();\n';
    return isWrongAt(before.length) ? 'mistake();\n' : DOCUMENT.slice(before.length);
  };
}

describe('a recorded session', () => {
  it('of somebody who types a function and takes what is right', async () => {
    const session = new CompletionSession(modelThatIsWrongAt(() => false));
    const from = DOCUMENT.indexOf('  let sum');
    await session.edit(`${DOCUMENT.slice(0, from)}‸`);
    await session.clock.advance(400);
    await session.type('  let', 120);
    await session.accept();
    await session.clock.advance(400);
    await session.type('\n', 200);
    expect(session.backend.heard.length).toBeLessThanOrEqual(3);
    const linesShown = new Set(session.screen.map(([, text]) => text.split('\n').at(-1)?.trim()));
    expect(linesShown).toContain('let sum = 0;');
    expect(session.screen.map(([, text]) => text)).toContain(' sum = 0;');
    expect(session.shown).toContain('for (const line of cart.lines) {');
  });

  it('of somebody who goes another way than the model and comes back', async () => {
    const at = DOCUMENT.indexOf('  return sum');
    const session = new CompletionSession(modelThatIsWrongAt(length => length === at));
    await session.edit(`${DOCUMENT.slice(0, at)}‸`);
    await session.clock.advance(500);
    expect(session.shown).toBe('mistake();');
    await session.type(' ', 100);
    await session.clock.advance(600);
    expect(session.shown).toBe(' return sum;');
    await session.edit(`${DOCUMENT.slice(0, at)}x‸`);
    await session.clock.advance(600);
    expect(session.shown).toBe('unknown();');
    await session.edit(`${DOCUMENT.slice(0, at)} ‸`);
    await session.clock.advance(250);
    expect(session.backend.heard.length).toBe(3);
    expect(session.lastOutcome).toMatchObject({ kind: 'shown', from: 'cache', suggestion: { text: ' return sum;' } });
  });

  it('with work in another file in between, which what is known survives', async () => {
    const session = new CompletionSession(modelThatIsWrongAt(() => false));
    const from = DOCUMENT.indexOf('  return sum');
    await session.edit(`${DOCUMENT.slice(0, from)}‸`);
    await session.clock.advance(500);
    await session.edit('const other = 1;\n‸', { uri: 'file:///w/other.ts' });
    await session.clock.advance(500);
    await session.edit(`${DOCUMENT.slice(0, from)}  r‸`);
    expect(session.lastOutcome).toMatchObject({ kind: 'shown', from: 'cache', suggestion: { text: 'eturn sum;' } });
  });

  it('with a request that is stopped before the server said a word', async () => {
    const session = new CompletionSession(modelThatIsWrongAt(() => false));
    session.backend.firstTokenMs = 5000;
    await session.edit(`${DOCUMENT.slice(0, 60)}‸`);
    await session.clock.advance(1000);
    await session.edit('somewhere.else();\n‸');
    expect(session.backend.heard[0]?.closedAtMs).toBe(1000);
    expect(session.records[0]?.outcome).toEqual({ kind: 'cancelled', at: 'firstToken' });
  });
});

type Act = { readonly kind: 'right' | 'wrong' | 'back' | 'accept' | 'jump'; readonly waitMs: number };

const acts: fc.Arbitrary<Act[]> = fc.array(
  fc.record({
    kind: fc.constantFrom('right', 'right', 'right', 'right', 'wrong', 'back', 'accept', 'jump'),
    waitMs: fc.integer({ min: 0, max: 700 }),
  }),
  { minLength: 5, maxLength: 40 },
);

describe('whatever is typed, taken back, taken over and jumped to', () => {
  it.each<[string, SessionOptions]>([
    ['streamed', { dialect: 'openai' }],
    ['whole', { dialect: 'ollama' }],
  ])('what is shown belongs to the document as it stands (%s)', async (_delivery, options) => {
    await fc.assert(
      fc.asyncProperty(acts, fc.integer({ min: 2, max: 9 }), async (steps, wrongEvery) => {
        const isWrongAt = (length: number) => length % wrongEvery === 0;
        const session = new CompletionSession(modelThatIsWrongAt(isWrongAt), options);
        let before = DOCUMENT.slice(0, 40);
        await session.edit(`${before}‸`);
        for (const { kind, waitMs } of steps) {
          await session.clock.advance(waitMs);
          const shownNow = session.screen.length;
          if (kind === 'right') before += nextKey(before);
          if (kind === 'wrong') before += '~';
          if (kind === 'back') before = before.slice(0, -1);
          if (kind === 'jump') before = DOCUMENT.slice(0, (before.length * 7) % DOCUMENT.length);
          if (kind === 'accept' && session.shown && shownNow > 0) before += session.shown;
          await session.edit(`${before}‸`);
          for (const [, text] of session.screen.slice(shownNow)) expect(isSaidBy(isWrongAt, before, text)).toBe(true);
          expect(session.backend.running).toBeLessThanOrEqual(1);
        }
        await session.clock.advance(3000);
        expect(session.outcomes.length).toBe(steps.length + 1);
        expect(session.backend.running).toBe(0);
      }),
      { numRuns: 40 },
    );
  });
});

/** One key, or Enter with the indentation that the editor puts in. */
function nextKey(before: string): string {
  if (!DOCUMENT.startsWith(before)) return 'a';
  return /^\n */.exec(DOCUMENT.slice(before.length))?.[0] ?? DOCUMENT.charAt(before.length);
}

/**
 * Whether the model says so at this place, or said it at an earlier one from which typing led here. With Ollama the line
 * break after a complete line is part of the question.
 */
function isSaidBy(isWrongAt: (length: number) => boolean, before: string, shown: string): boolean {
  const answer = modelThatIsWrongAt(isWrongAt);
  for (let length = 0; length <= before.length; length++) {
    const typed = before.slice(length);
    for (const given of ['', '\n']) {
      const said = given + answer(`<|fim_prefix|>${before.slice(0, length)}<|fim_suffix|><|fim_middle|>${given}`);
      if (said.startsWith(typed) && said.slice(typed.length).startsWith(shown)) return true;
    }
  }
  return false;
}
