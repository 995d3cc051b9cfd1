import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LruTrie } from '../../../src/base/lruTrie.ts';

describe('LruTrie', () => {
  it('finds what is held under the beginnings of a key, the longest first', () => {
    const trie = new LruTrie<number>(10);
    trie.set('const', 1);
    trie.set('const a', 2);
    trie.set('constant', 3);
    trie.set('', 0);
    expect(trie.prefixesOf('const a = 1').map(found => found.value)).toEqual([2, 1, 0]);
    expect(trie.get('const')).toBe(1);
    expect(trie.get('cons')).toBeUndefined();
  });

  it('forgets what was used longest ago', () => {
    const trie = new LruTrie<number>(2);
    trie.set('ab', 1);
    trie.set('abc', 2);
    trie.prefixesOf('ab');
    trie.set('x', 3);
    expect([trie.get('ab'), trie.get('abc'), trie.get('x')]).toEqual([1, undefined, 3]);
    expect(trie.size).toBe(2);
  });

  it('agrees with a plain map, whatever is set, found and forgotten', () => {
    const key = fc.string({ unit: fc.constantFrom('a', 'b', '\n'), maxLength: 6 });
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), key), { maxLength: 60 }), steps => {
        const trie = new LruTrie<number>(5);
        const model = new Map<string, number>();
        steps.forEach(([isSet, text], at) => {
          if (isSet) {
            model.delete(text);
            model.set(text, at);
            const [oldest] = model.keys();
            if (model.size > 5 && oldest !== undefined) model.delete(oldest);
            trie.set(text, at);
          }
          const expected = [...model]
            .filter(([held]) => text.startsWith(held))
            .sort((a, b) => b[0].length - a[0].length);
          expect(trie.prefixesOf(text).map(found => found.value)).toEqual(expected.map(([, value]) => value));
          // Shortest first, because that is the order in which the walk from the root touches them.
          for (const [held, value] of expected.reverse()) {
            model.delete(held);
            model.set(held, value);
          }
          expect(trie.size).toBe(model.size);
        });
      }),
    );
  });
});
