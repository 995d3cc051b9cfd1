import { describe, expect, it } from 'vitest';
import { placeOf, typedBetween } from '../../../src/completion/place.ts';
import { at } from '../../support/cursor.ts';

function typed(earlier: string, later: string): string | undefined {
  return typedBetween(placeOf(at(earlier)), placeOf(at(later)));
}

const MANY_LINES = Array.from({ length: 300 }, (_line, index) => `line ${index};`).join('\n');

describe('what was typed between two places', () => {
  it.each<[what: string, earlier: string, later: string, typed: string | undefined]>([
    ['nothing', 'a = ‸\nb', 'a = ‸\nb', ''],
    ['some characters', 'a = ‸\nb', 'a = 12‸\nb', '12'],
    ['a line', 'a();‸\nb', 'a();\n  c‸\nb', '\n  c'],
    ['an opening bracket, which the editor closed', 'f‸\nb', 'f(‸)\nb', '('],
    ['what the editor had closed, passed over', 'f(x‸)\nb', 'f(x)‸\nb', ')'],
    ['nothing that leads there: text was taken away', 'a = 12‸\nb', 'a = ‸\nb', undefined],
    ['nothing that leads there: other text above', 'x = ‸\nb', 'a = 1‸\nb', undefined],
    ['nothing that leads there: other text below', 'a = ‸\nb', 'a = 1‸\nc', undefined],
    ['nothing that leads there: other text behind the cursor', 'a = ‸ + 1', 'a = 2‸ + 3', undefined],
  ])('%s', (_what, earlier, later, expected) => {
    expect(typed(earlier, later)).toBe(expected);
  });

  it('is found where the compared tail moves on with the lines', () => {
    const lines = MANY_LINES.split('\n');
    for (let count = 90; count < 230; count++) {
      const before = `${lines.slice(0, count).join('\n')}‸`;
      const after = `${lines.slice(0, count).join('\n')}\nnext‸`;
      expect(typed(before, after), `from line ${count}`).toBe('\nnext');
    }
  });

  it('is found in a document that begins with an empty line', () => {
    expect(typed('\na‸', '\nab‸')).toBe('b');
    expect(typed('‸', '\n‸')).toBe('\n');
  });

  it('does not change with text far above', () => {
    expect(typed(`${MANY_LINES}‸`, `${MANY_LINES.replace('line 3;', 'line three;')}x‸`)).toBe('x');
  });

  it('is found on a line longer than the window of a snapshot', () => {
    const windowOf = (character: number) =>
      at(`${'x'.repeat(48 * 1024 - 1)}${character % 2}‸`, {
        prefixIsWhole: false,
        character,
        line: 3,
        prefixStartLine: 3,
      });
    const place = placeOf(windowOf(500_000));
    expect(place.tail.length).toBeLessThanOrEqual(48 * 1024);
    expect(place.tailStart).toBe(placeOf(windowOf(500_001)).tailStart);
  });

  it('compares only whole lines where a snapshot begins in the middle of one', () => {
    const place = placeOf(at('alf a line\nwhole\nat‸', { prefixIsWhole: false, line: 40, prefixStartLine: 38 }));
    expect(place.tail).toBe('whole\nat');
  });
});
