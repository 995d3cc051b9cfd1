import { describe, expect, it } from 'vitest';
import { neutralise } from '../../../src/base/neutralise.ts';

describe('neutralise', () => {
  it.each([
    ['a marker of any model', 'a<|im_end|>b', [], 'a< |im_end|>b'],
    ['the full-width form', '<\uff5cfim\u2581hole\uff5c>', [], '< \uff5cfim\u2581hole\uff5c>'],
    [
      'markers of other shapes, when the model has them',
      'x[SUFFIX]y<fim_middle>',
      ['[SUFFIX]', '<fim_middle>'],
      'x[ SUFFIX]y< fim_middle>',
    ],
    ['each time it occurs', '<fim_prefix><fim_prefix>', ['<fim_prefix>'], '< fim_prefix>< fim_prefix>'],
    ['ordinary code stays', 'a <| b |> c; List<T>; x < y', ['<fim_prefix>'], 'a <| b |> c; List<T>; x < y'],
  ])('%s', (_case, text, markers, expected) => {
    expect(neutralise(text, markers)).toBe(expected);
  });

  it('leaves nothing that a second pass would find', () => {
    const once = neutralise('<|a|><|b|>[PREFIX]', ['[PREFIX]']);
    expect(neutralise(once, ['[PREFIX]'])).toBe(once);
  });
});
