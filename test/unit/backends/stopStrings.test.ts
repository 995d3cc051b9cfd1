import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopCutter } from '../../../src/backends/stopStrings.ts';

function cut(stops: readonly string[], pieces: readonly string[]): { out: string[]; isStopped: boolean } {
  const cutter = new StopCutter(stops);
  const out = pieces.map(piece => cutter.push(piece));
  return { out: [...out, cutter.end()], isStopped: cutter.isStopped };
}

describe('StopCutter', () => {
  it.each([
    [['\n\n'], ['a\n', '\nb'], ['a', '', '']],
    [['<|end|>'], ['a<|e', 'nd', '|>b'], ['a', '', '', '']],
    [['<|end|>'], ['a<|e', 'lse'], ['a', '<|else', '']],
    [['ab', 'b'], ['xab'], ['x', '']],
    [['b', 'abc'], ['xab'], ['xa', '']],
    [['b', 'abc'], ['xabc'], ['xa', '']],
    [['aab'], ['aa', 'ab'], ['', 'a', '']],
    [[], ['a', 'b'], ['a', 'b', '']],
    [[''], ['a'], ['a', '']],
    [['xyz'], ['xy'], ['', 'xy']],
  ])('stops %j in %j', (stops, pieces, expected) => {
    expect(cut(stops, pieces).out).toEqual(expected);
  });

  it('gives what a cut of the whole text gives, however it is split', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'c', '\n') });
    const stops = fc.array(fc.string({ unit: fc.constantFrom('a', 'b', '\n'), minLength: 1, maxLength: 4 }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(fc.array(text), stops, (pieces, stopStrings) => {
        const whole = pieces.join('');
        const found = stopStrings
          .map(stop => ({ begin: whole.indexOf(stop), end: whole.indexOf(stop) + stop.length }))
          .filter(({ begin }) => begin >= 0)
          .sort((a, b) => a.end - b.end || a.begin - b.begin)[0];
        const { out, isStopped } = cut(stopStrings, pieces);
        expect(out.join('')).toBe(found ? whole.slice(0, found.begin) : whole);
        expect(isStopped).toBe(found !== undefined);
      }),
    );
  });
});
