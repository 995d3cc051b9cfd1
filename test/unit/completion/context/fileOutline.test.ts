import { describe, expect, it } from 'vitest';
import { outlineOf } from '../../../../src/completion/context/fileOutline.ts';

describe('outline of a file', () => {
  it('keeps declarations and the members of types, not bodies', () => {
    const text = `import { x } from 'x';
// About the basket.
export interface Basket {
  readonly items: Item[];
  total(): number;
}

export function add(basket: Basket, item: Item): Basket {
  if (item.price < 0) throw new Error('no');
  return { ...basket, items: [...basket.items, item] };
}`;
    expect(outlineOf(text, 1000).split('\n')).toEqual([
      'export interface Basket {',
      '  readonly items: Item[];',
      '  total(): number;',
      'export function add(basket: Basket, item: Item): Basket {',
    ]);
  });

  it('reads Python and Go', () => {
    const python = 'class Book:\n    """A book."""\n    title: str\n    def cost(self):\n        return self.price\n';
    expect(outlineOf(python, 1000)).toBe('class Book:\n    title: str\n    def cost(self):');
    const go = 'type List struct {\n\troot Element\n}\n\nfunc (l *List) Len() int {\n\treturn l.len\n}\n';
    expect(outlineOf(go, 1000)).toBe('type List struct {\n\troot Element\nfunc (l *List) Len() int {');
  });

  it('stays within its budget, and cuts lines that no person wrote', () => {
    const long = `export const table = [${'1, '.repeat(50_000)}];\nexport const other = 1;`;
    const outline = outlineOf(long, 200);
    expect(outline.length).toBeLessThanOrEqual(200);
    expect(outline).toContain('export const other = 1;');
  });
});
