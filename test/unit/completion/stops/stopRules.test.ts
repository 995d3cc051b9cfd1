import { describe, expect, it } from 'vitest';
import { answerPlaceOf } from '../../../../src/completion/answerPlace.ts';
import { placeOf } from '../../../../src/completion/place.ts';
import { answerEnd } from '../../../../src/completion/stops/stopRules.ts';
import { at } from '../../../support/cursor.ts';

/** What is kept of an answer at a place; undefined while it may go on. */
function kept(text: string, answer: string, maxLines = 20): string | undefined {
  const snapshot = at(text);
  const shape = { kind: 'block' as const, maxTokens: 200, maxLines, shownLines: maxLines };
  const end = answerEnd(answer, answerPlaceOf(snapshot, placeOf(snapshot), shape));
  return end === undefined ? undefined : answer.slice(0, end);
}

describe('an answer ends', () => {
  it.each<[why: string, text: string, answer: string, keeps: string | undefined, maxLines?: number]>([
    ['with the line that was wanted', 'const a = ‸', '1;\nconst b', '1;', 1],
    ['not before the line break has come', 'const a = ‸', '1;', undefined, 1],
    ['with the next line, when this one is complete', 'const a = 1;‸', '\nconst b = 2;\n', '\nconst b = 2;', 1],
    ['empty lines before the first written one do not count', 'a();‸', '\n\nb();\nc', '\n\nb();', 1],
    ['where the block that it stands in ends', 'f() {\n  ‸', 'a();\n  b();\n}\nfunction g', 'a();\n  b();'],
    ['after what closes its own bracket', '‸', 'if (a) {\n  b();\n}\nc();\n', undefined],
    [
      'at the depth of the closing bracket it opened',
      '  ‸',
      'if (a) {\n    b();\n  }\nc();\n',
      'if (a) {\n    b();\n  }',
    ],
    ['closing the block is an answer when it comes first', '  return 1;‸', '\n}\nfunction', undefined],
    ['at an empty line after text', 'f() {\n  ‸', 'a();\n\n  b', 'a();'],
    ['where the text below begins', 'f();\n‸\nreturn total;', 'g();\nreturn total;\n}', 'g();'],
    ['not at a lone bracket that happens to stand below', 'if (a) {\n  ‸\n}', 'b({\n    c,\n  });\n  d', undefined],
    ['when it says the same line over and over', '‸', 'push(1);\npush(1);\npush(1);\n', 'push(1);'],
    ['when it goes round in one line', 'x = ‸', `${'ab, '.repeat(6)}`, 'ab, ab, ab, '],
    ['a list may say similar things', '‸', 'push(1);\npush(2);\npush(3);\n', undefined],
  ])('%s', (_why, text, answer, keeps, maxLines) => {
    expect(kept(text, answer, maxLines)).toBe(keeps);
  });

  it('at the same place however the answer was cut into pieces', () => {
    const answer = 'a();\n  b();\n}\nfunction g() {}\n';
    const whole = kept('f() {\n  ‸', answer);
    const ends = Array.from(answer, (_char, index) => kept('f() {\n  ‸', answer.slice(0, index + 1)));
    expect(new Set(ends.filter(end => end !== undefined))).toEqual(new Set([whole]));
  });
});
