import { describe, expect, it } from 'vitest';
import { codeBlocks, indentLike, replacementCode } from '../../../src/chat/codeAnswer.ts';

describe('replacementCode', () => {
  it.each([
    ['a fenced block', '```ts\nlet a = 1;\n```', 'let a = 1;'],
    ['prose before and after', 'Here is the code:\n\n```ts\nlet a;\n```\n\nIt declares a.', 'let a;'],
    ['a fence that was never closed', '```python\ndef f():\n    return 1', 'def f():\n    return 1'],
    ['tildes', '~~~\nx\n~~~', 'x'],
    ['a longer fence around a shorter one', '````md\n```js\n1\n```\n````', '```js\n1\n```'],
    ['the longest of several', '```\na\n```\nthen\n```\nbb\ncc\n```', 'bb\ncc'],
    ['carriage returns', '```ts\r\na\r\nb\r\n```', 'a\nb'],
    ['no fence, only code', 'return a + b;', 'return a + b;'],
    ['no fence, a sentence first', 'Sure, here it is:\n\nreturn a + b;\n', 'return a + b;'],
    ['an indented fence', '  ```js\n  go();\n  ```', '  go();'],
  ])('takes %s', (_, answer, expected) => expect(replacementCode(answer)).toBe(expected));

  it.each([
    ['nothing', ''],
    ['blank lines', '\n \n'],
    ['an empty block', '```\n```'],
    ['only an opening sentence', 'Here is the updated code:'],
  ])('finds no code in %s', (_, answer) => expect(replacementCode(answer)).toBeUndefined());

  it('tells whether a block was closed', () => {
    expect(codeBlocks('```a\n1\n```\n```b\n2').map(({ languageId, closed }) => [languageId, closed])).toEqual([
      ['a', true],
      ['b', false],
    ]);
  });
});

describe('indentLike', () => {
  it('moves code from the margin to where it belongs, blank lines excepted', () => {
    expect(indentLike('if (a) {\n\n  b();\n}', '    old();')).toBe('    if (a) {\n\n      b();\n    }');
  });

  it('moves code back that was indented too far', () => {
    expect(indentLike('        a();\n          b();', '  x();')).toBe('  a();\n    b();');
  });

  it('leaves code alone that stands right', () => {
    expect(indentLike('\ta();', '\tb();')).toBe('\ta();');
  });
});
