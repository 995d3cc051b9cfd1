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
