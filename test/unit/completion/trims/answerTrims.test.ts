import { describe, expect, it } from 'vitest';
import { answerPlaceOf } from '../../../../src/completion/answerPlace.ts';
import { placeOf } from '../../../../src/completion/place.ts';
import type { CursorSnapshot } from '../../../../src/completion/snapshot.ts';
import { trimAnswer } from '../../../../src/completion/trims/answerTrims.ts';
import { at } from '../../../support/cursor.ts';

const MARKERS = ['<|fim_middle|>', '<EOT>', '[PREFIX]'];

/** The trimmed text, or the reason in angle quotes why nothing is left. */
function trimmed(text: string, answer: string, facts: Partial<CursorSnapshot> = {}): string {
  const snapshot = at(text, facts);
  const shape = { kind: 'line' as const, maxTokens: 40, maxLines: 8, shownLines: 1 };
  const result = trimAnswer(answer, answerPlaceOf(snapshot, placeOf(snapshot), shape), MARKERS);
  return 'text' in result ? result.text : `«${result.empty}»`;
}

describe('an answer is trimmed', () => {
  it.each<[what: string, text: string, answer: string, left: string, facts?: Partial<CursorSnapshot>]>([
    ['at a marker of the model', 'a‸', ' = 1;<EOT>rest', ' = 1;'],
    ['at a marker of any model', 'a‸', ' = 1;<|endoftext|>', ' = 1;'],
    ['to nothing when a marker comes first', 'a‸', '<|fim_middle|>x', '«markers»'],
    ['to nothing when it would show code in another order', 'a‸', ' = "\u202e";', '«controlCharacters»'],
    ['of control characters and of carriage returns', 'a‸', ' = 1;\u0007\r\nb', ' = 1;\nb'],
    ['out of a fence', '‸', '```ts\nconst a = 1;\n```\nThis sets a.', 'const a = 1;'],
    ['at a fence that closes', 'a‸', ' = 1;\n```\n', ' = 1;'],
    ['to nothing when it talks', '‸', "Here's the completed code:", '«proseOrFence»'],
    ['not when talk is what is written', '‸', 'Here is a list', 'Here is a list', { languageId: 'markdown' }],
    ['of indentation that stands there already', 'f() {\n    ‸', '    return 1;', 'return 1;'],
    ['of the blank before its first word at a whole step', 'f():\n  ‸', ' total = 0\n  for', 'total = 0\n  for'],
    ['not of a step more', 'f():\n    ‸', '  total = 0', '  total = 0'],
    ['not of the blank before a comment’s star', '/**\n  ‸', ' * a', ' * a'],
    ['not of the blank after a word', 'return‸', ' total', ' total'],
    [
      'to the tabs of the document',
      'f() {\n\t‸',
      'a();\n    b();',
      'a();\n\t\tb();',
      { indentation: { unit: 'tab', width: 2 } },
    ],
    ['to the spaces of the document', 'f() {\n  ‸', 'a();\n\tb();', 'a();\n  b();'],
    ['of the line that follows', 'a();\n‸\nreturn total;', 'b();\nreturn total;', 'b();'],
    ['to nothing when it only repeats what follows', 'a();\n‸\nreturn total;', 'return total;', '«repeatsWhatFollows»'],
    ['of a closing bracket that stands below at that depth', 'f() {\n  ‸\n}', 'a();\n}', 'a();'],
    ['to nothing when it says the line above again', 'total += price;\n‸', 'total += price;', '«repeatsWhatPrecedes»'],
    ['of white space at its end', 'a‸', ' = 1;  \n ', ' = 1;'],
    ['to nothing when there is only white space', 'a‸', ' \n ', '«onlyWhitespace»'],
    ['to nothing when the model said nothing', 'a‸', '', '«modelEndedAtOnce»'],
    ['of nothing else', 'a‸', ' = [1, 2];', ' = [1, 2];'],
  ])('%s', (_what, text, answer, left, facts) => {
    expect(trimmed(text, answer, facts)).toBe(left);
  });
});
