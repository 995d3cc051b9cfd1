import { describe, expect, it } from 'vitest';
import { LookupTexts } from '../../../src/embedded/lookupTexts.ts';
import { PromptLookup } from '../../../src/embedded/promptLookup.ts';
import { ScriptedNativeModel } from '../../support/scriptedNativeModel.ts';

const codes = (text: string) => [...text].map(character => character.charCodeAt(0));
const textOf = (tokens: readonly number[]) => String.fromCharCode(...tokens);

function draftAfter(text: string, maxTokens: number): { text: string; depth: number } | undefined {
  const lookup = new PromptLookup(codes(text));
  const match = lookup.find();
  return match && { text: textOf(lookup.draft(match, maxTokens)), depth: match.depth };
}

describe('prompt lookup', () => {
  it('proposes what followed when the last tokens stood there before', () => {
    expect(draftAfter('let total = 0; let to', 6)).toMatchObject({ text: 'tal = ' });
  });

  it('finds nothing where the last two never stood together', () => {
    expect(draftAfter('abcdef', 3)).toBeUndefined();
    expect(draftAfter('a', 3)).toBeUndefined();
    expect(draftAfter('', 3)).toBeUndefined();
  });

  it('prefers the place that agrees furthest back, and of equal ones the newest', () => {
    expect(draftAfter('xfoo1 yfoo2 xfoo', 1)).toEqual({ text: '1', depth: 4 });
    expect(draftAfter('foo1 foo2 foo', 1)?.text).toBe('2');
  });

  it('stays within what it knows and what is wanted', () => {
    expect(draftAfter('abab', 10)?.text).toBe('ab');
    expect(draftAfter('abcab', 0)?.text).toBe('');
  });

  it('learns what is generated', () => {
    const lookup = new PromptLookup(codes('xyz '));
    for (const token of codes('name = xy')) lookup.push(token);
    const match = lookup.find();
    expect(match && textOf(lookup.draft(match, 1))).toBe('z');
  });
});

describe('lookup texts', () => {
  it('reads each text once, however often it comes', () => {
    const model = new ScriptedNativeModel({});
    let tokenized = 0;
    const counting = Object.assign(model, {
      tokenize: (text: string) => {
        tokenized++;
        return codes(text);
      },
    });
    const texts = new LookupTexts(counting);
    expect(textOf(texts.tokensOf(['ab', 'cd']))).toBe('abcd');
    texts.tokensOf(['cd', 'ab']);
    expect(tokenized).toBe(2);
  });

  it('keeps the end of what is too much', () => {
    const texts = new LookupTexts(new ScriptedNativeModel({}));
    const tokens = texts.tokensOf(['a'.repeat(9_000), 'b']);
    expect(tokens).toHaveLength(8_192);
    expect(tokens.at(-1)).toBe('b'.charCodeAt(0));
  });
});
