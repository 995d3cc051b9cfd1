import { expect, it } from 'vitest';
import { fitToLineRest } from '../../../../src/completion/trims/cursorTrims.ts';

// An empty suggestion once counted as shown: the status bar had a time for it, and "Why No Suggestion?" no answer.
it.each(['', ')', 'value);'])('is nothing when nothing is new before "%s"', lineRest => {
  expect(fitToLineRest('', lineRest)).toBeUndefined();
  expect(fitToLineRest(lineRest, lineRest)).toBeUndefined();
});

it('keeps further lines only where the line ends at the cursor', () => {
  expect(fitToLineRest('a(\n  b)', '')?.text).toBe('a(\n  b)');
  expect(fitToLineRest('a(\n  b)', 'x')?.text).toBe('a(');
});

it.each<[text: string, lineRest: string, shown: string | undefined, replaced: number]>([
  ['a, b)', ')', 'a, b', 0],
  ['a, b);', ')', 'a, b);', 1],
  ['a, b);', ');', 'a, b', 0],
  ['"key": 1}', '}', '"key": 1', 0],
  ['x => f(x))', '))', 'x => f(x', 0],
  ['x => { f(x); })', ')', 'x => { f(x); }', 0],
  ['value', ' + 1', 'value', 0],
  ['value + 1', ' + 1', 'value', 0],
  ['a)\n}', ')', 'a', 0],
])('fits "%s" before "%s"', (text, lineRest, shown, replaced) => {
  expect(fitToLineRest(text, lineRest)).toEqual(shown && { text: shown, replacedSuffixChars: replaced });
});
