import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { acceptHunk, hunkAt, hunksOf, rejectHunk } from '../../../src/chat/hunks.ts';

const ORIGINAL = 'a\nb\nc\nd\ne\n';
const PROPOSED = 'a\nB\nc\nd\nnew\ne\n';

describe('hunks', () => {
  it('are the runs of lines that differ, a change counting as one', () => {
    expect(hunksOf(ORIGINAL, PROPOSED)).toEqual([
      { originalStart: 1, originalEnd: 2, proposedStart: 1, proposedEnd: 2 },
      { originalStart: 4, originalEnd: 4, proposedStart: 4, proposedEnd: 5 },
    ]);
    expect(hunksOf(ORIGINAL, ORIGINAL)).toEqual([]);
  });

  it('are found by the line the cursor is on', () => {
    const hunks = hunksOf(ORIGINAL, PROPOSED);
    expect([0, 1, 3, 4, 9].map(line => hunks.indexOf(hunkAt(hunks, line) as (typeof hunks)[0]))).toEqual([
      0, 0, 0, 1, 1,
    ]);
    expect(hunkAt([], 3)).toBeUndefined();
  });

  it('can be accepted or rejected one by one', () => {
    const [first, second] = hunksOf(ORIGINAL, PROPOSED);
    if (!first || !second) throw new Error('two hunks were expected');
    expect(acceptHunk(ORIGINAL, PROPOSED, second)).toBe('a\nb\nc\nd\nnew\ne\n');
    expect(rejectHunk(ORIGINAL, PROPOSED, first)).toBe('a\nb\nc\nd\nnew\ne\n');
  });

  it('accepted one after another give the proposed text, rejected the original, whatever the texts', () => {
    const text = fc.array(fc.constantFrom('a\n', 'b\n', 'c\n', '\n', 'end')).map(lines => lines.join(''));
    fc.assert(
      fc.property(text, text, (original, proposed) => {
        let accepted = original;
        let rejected = proposed;
        for (let hunk = hunksOf(accepted, proposed)[0]; hunk; hunk = hunksOf(accepted, proposed)[0]) {
          accepted = acceptHunk(accepted, proposed, hunk);
        }
        for (let hunk = hunksOf(original, rejected)[0]; hunk; hunk = hunksOf(original, rejected)[0]) {
          rejected = rejectHunk(original, rejected, hunk);
        }
        expect([accepted, rejected]).toEqual([proposed, original]);
      }),
    );
  });
});
