import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StopText } from '../../../src/embedded/stopText.ts';

function run(pieces: readonly string[], stops: readonly string[]) {
  const stopText = new StopText(stops);
  let text = '';
  for (const piece of pieces) {
    const pushed = stopText.push(piece);
    text += pushed.text;
    if (pushed.stopped) return { text, stopped: true };
  }
  return { text: text + stopText.flush(), stopped: false };
}

describe('stop text', () => {
  it('shows nothing of a stop string, however it is cut', () => {
    for (const pieces of [['ab```cd'], ['ab`', '``cd'], ['ab', '`', '`', '`', 'cd'], ['a', 'b`', '`', '`cd']]) {
      expect(run(pieces, ['```'])).toEqual({ text: 'ab', stopped: true });
    }
  });

  it('gives back what only began like one', () => {
    expect(run(['ab`', '`', 'cd'], ['```'])).toEqual({ text: 'ab``cd', stopped: false });
    expect(run(['ab``'], ['```'])).toEqual({ text: 'ab``', stopped: false });
  });

  it('takes the first of several', () => {
    expect(run(['one two three'], ['three', 'two'])).toEqual({ text: 'one ', stopped: true });
  });

  it('takes the one that is complete first, whether the text comes at once or in pieces', () => {
    expect(run(['b\na'], ['b\na', '\n'])).toEqual({ text: 'b', stopped: true });
    expect(run(['b\n', 'a'], ['b\na', '\n'])).toEqual({ text: 'b', stopped: true });
  });

  it('ignores an empty stop string', () => {
    expect(run(['abc'], [''])).toEqual({ text: 'abc', stopped: false });
  });

  it('equals a cut of the whole text, for any text, stops and pieces', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', '\n') });
    fc.assert(
      fc.property(fc.array(letters), fc.array(letters, { maxLength: 3 }), (pieces, stops) => {
        const whole = pieces.join('');
        const matches = stops
          .filter(stop => stop !== '' && whole.includes(stop))
          .map(stop => ({ start: whole.indexOf(stop), end: whole.indexOf(stop) + stop.length }))
          .sort((one, other) => one.end - other.end || one.start - other.start);
        const stopped = matches.length > 0;
        const first = matches[0]?.start;
        expect(run(pieces, stops)).toEqual({ text: stopped ? whole.slice(0, first) : whole, stopped });
      }),
    );
  });
});
