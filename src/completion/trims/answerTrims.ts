import type { EmptyReason } from '../outcome.ts';
import { type AnswerPlace, indentationOf, isSignificant } from '../stops/answerText.ts';

export type Trimmed = { readonly text: string } | { readonly empty: EmptyReason };

/** Makes an answer smaller or finds that nothing is left of it, and says why. */
export type AnswerTrim = (text: string, place: AnswerPlace, markers: readonly string[]) => Trimmed;

/**
 * What is wrong with an answer wherever it is shown later, so it is mended before it is remembered. The order matters:
 * markers hide what stands behind them, and what is left is judged last.
 */
export const ANSWER_TRIMS: readonly AnswerTrim[] = [
  cutAtMarkers,
  refuseDirectionMarks,
  dropControlCharacters,
  unwrapFence,
  refuseProse,
  dropRepeatedIndentation,
  dropBlankOfToken,
  useDocumentsIndentation,
  cutLineThatFollows,
  refuseRepeatOfPreviousLine,
  endWithoutWhitespace,
];

export function trimAnswer(text: string, place: AnswerPlace, markers: readonly string[]): Trimmed {
  let trimmed = text;
  for (const trim of ANSWER_TRIMS) {
    const result = trim(trimmed, place, markers);
    if ('empty' in result) return result;
    trimmed = result.text;
  }
  return { text: trimmed };
}

function cutAtMarkers(text: string, _place: AnswerPlace, markers: readonly string[]): Trimmed {
  const shaped = /<\|[^|<>\s]{1,40}\|>|<\uff5c[^\uff5c<>\s]{1,40}\uff5c>/.exec(text)?.index;
  const starts = markers.map(marker => text.indexOf(marker)).filter(at => at >= 0);
  const cut = Math.min(text.length, shaped ?? text.length, ...starts);
  if (cut === text.length) return { text };
  return text.slice(0, cut).trim() === '' ? { empty: 'markers' } : { text: text.slice(0, cut) };
}

/** Characters that show code in another order than it is read (CVE-2021-42574). There is no harmless use of them here. */
function refuseDirectionMarks(text: string): Trimmed {
  return /[\u202a-\u202e\u2066-\u2069\u200e\u200f\u061c]/.test(text) ? { empty: 'controlCharacters' } : { text };
}

function dropControlCharacters(text: string): Trimmed {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is removed.
  const cleaned = text.replace(/\r\n?/g, '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\ufeff\u200b]/g, '');
  return cleaned === '' && text !== '' ? { empty: 'controlCharacters' } : { text: cleaned };
}

/** Models trained to chat put code into a fence; the code is what was asked for. */
function unwrapFence(text: string, { languageId }: AnswerPlace): Trimmed {
  if (isProse(languageId)) return { text };
  const opened = /^\s*```[\w+-]*\n/.exec(text);
  const inside = opened ? text.slice(opened[0].length) : text;
  const close = inside.search(/^\s*```|\n\s*```/m);
  const code = close >= 0 ? inside.slice(0, close) : inside;
  return code.trim() === '' && text.includes('```') ? { empty: 'proseOrFence' } : { text: code };
}

const CHATTER =
  /^\s*(sure|certainly|of course|here('s| is| are)|i('m| am) sorry|as an ai|the (completed|missing) code)\b/i;

function refuseProse(text: string, { languageId }: AnswerPlace): Trimmed {
  return !isProse(languageId) && CHATTER.test(text) ? { empty: 'proseOrFence' } : { text };
}

function isProse(languageId: string): boolean {
  return ['markdown', 'plaintext', 'latex', 'restructuredtext', 'asciidoc'].includes(languageId);
}

/** The cursor already stands as deep as it should, and the answer begins with the same white space once more. */
function dropRepeatedIndentation(text: string, { lineBefore, previousLine, indentUnit }: AnswerPlace): Trimmed {
  const opens = /[{([:]\s*$/.test(previousLine);
  const wanted = indentationOf(previousLine) + (opens ? indentUnit.width : 0);
  const isDeepEnough = lineBefore !== '' && lineBefore.trim() === '' && indentationOf(lineBefore) >= wanted;
  return { text: isDeepEnough && text.startsWith(lineBefore) ? text.slice(lineBefore.length) : text };
}

/**
 * The cursor stands at a whole step of indentation and the answer begins with less than one more: the blank that tokens for
 * words bring along, which would be a wrong indentation. The star of a comment's line is aligned like that on purpose.
 */
function dropBlankOfToken(text: string, { lineBefore, indentUnit: { unit, width } }: AnswerPlace): Trimmed {
  const blanks = /^ *(?=[^\s*])/.exec(text)?.[0].length ?? 0;
  const standsAtStep = /^ +$/.test(lineBefore) && lineBefore.length % width === 0;
  return { text: unit === 'space' && standsAtStep && blanks < width ? text.slice(blanks) : text };
}

/** Only at the beginnings of lines, and only whole steps: alignment within a step is left as it is. */
function useDocumentsIndentation(text: string, { indentUnit }: AnswerPlace): Trimmed {
  const { unit, width } = indentUnit;
  return {
    text: text.replace(/\n([ \t]+)/g, (_match, indent: string) => {
      if (unit === 'space') return `\n${indent.replaceAll('\t', ' '.repeat(width))}`;
      const columns = [...indent].reduce((sum, char) => sum + (char === '\t' ? width : 1), 0);
      return `\n${'\t'.repeat(Math.floor(columns / width))}${' '.repeat(columns % width)}`;
    }),
  };
}

/** The end of the answer copies the text below: that text is there already. */
function cutLineThatFollows(text: string, { nextLine, lineBefore }: AnswerPlace): Trimmed {
  const wanted = nextLine.trim();
  if (wanted === '') return { text };
  const lines = text.split('\n');
  const isSame = (line: string, index: number) =>
    (index === 0 ? lineBefore + line : line).trim() === wanted &&
    (isSignificant(wanted) || indentationOf(line) === indentationOf(nextLine));
  const first = lines.findIndex((line, index) => isSame(line, index) && (index > 0 || isSignificant(wanted)));
  if (first < 0) return { text };
  const kept = lines.slice(0, first).join('\n');
  return kept.trim() === '' ? { empty: 'repeatsWhatFollows' } : { text: kept };
}

function refuseRepeatOfPreviousLine(text: string, { previousLine, lineBefore }: AnswerPlace): Trimmed {
  const first = (lineBefore + text.trimEnd()).trim();
  const repeats = isSignificant(previousLine) && first === previousLine.trim();
  return repeats ? { empty: 'repeatsWhatPrecedes' } : { text };
}

function endWithoutWhitespace(text: string): Trimmed {
  const trimmed = text.trimEnd();
  if (trimmed !== '') return { text: trimmed };
  return { empty: text === '' ? 'modelEndedAtOnce' : 'onlyWhitespace' };
}
