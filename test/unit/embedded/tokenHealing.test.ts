import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HealedStart, VocabularyIndex } from '../../../src/embedded/tokenHealing.ts';

const TEXTS = ['f', 'i', 'fi', 'fil', 'filter', 'fill', 'find', ' fi', 'g', '', 'fi', 'l', 't'];
const vocabulary = new VocabularyIndex(TEXTS);
const textsOf = (tokens: readonly number[]) => tokens.map(token => TEXTS[token]).sort();

describe('vocabulary index', () => {
  it('finds the tokens that go on from a start, and those that are pieces of it', () => {
    expect(textsOf(vocabulary.beginning('fil'))).toEqual(['f', 'fi', 'fil', 'fill', 'filter']);
    expect(textsOf(vocabulary.beginning('g'))).toEqual(['g']);
    expect(textsOf(vocabulary.beginning('x'))).toEqual([]);
  });

  it('equals a search through all tokens, for any vocabulary and start', () => {
    const letters = fc.string({ unit: fc.constantFrom('a', 'b', ' '), maxLength: 4 });
    fc.assert(
      fc.property(fc.uniqueArray(letters), letters, (texts, start) => {
        fc.pre(start !== '');
        const found = new VocabularyIndex(texts).beginning(start).map(token => texts[token]);
        const expected = texts.filter(text => text !== '' && (text.startsWith(start) || start.startsWith(text)));
        expect(found.sort()).toEqual(expected.sort());
      }),
    );
  });
});

describe('healed start', () => {
  it('allows what fits until all that was typed is there', () => {
    const healed = new HealedStart(vocabulary, 'fil');
    healed.take(TEXTS.indexOf('fi'));
    expect(textsOf(healed.allowed ?? [])).toEqual(['l']);
    healed.take(TEXTS.indexOf('l'));
    expect(healed.allowed).toBeUndefined();
  });

  it('is done at once with a token that goes beyond', () => {
    const healed = new HealedStart(vocabulary, 'fi');
    healed.take(TEXTS.indexOf('filter'));
    expect(healed.allowed).toBeUndefined();
  });
});
