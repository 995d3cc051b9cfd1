import { type AnswerPlace, completeLines, indentationOf, isSignificant } from './answerText.ts';

/**
 * Looks at what the model has said so far and says where the answer ends, as an index into it; undefined while it goes on.
 * A rule only looks at what can no longer change: whole lines, or a text that has come to its own end.
 */
export type StopRule = (text: string, place: AnswerPlace) => number | undefined;

/** In no particular order: the earliest end counts. */
export const STOP_RULES: readonly StopRule[] = [
  endOfWantedLines,
  endOfBlock,
  blankLineAfterText,
  lineThatFollowsInDocument,
  repeatedLines,
  repeatedPhrase,
];

/** Where the answer ends by any rule; undefined while it may go on. */
export function answerEnd(text: string, place: AnswerPlace): number | undefined {
  const ends = STOP_RULES.map(rule => rule(text, place)).filter(end => end !== undefined);
  return ends.length > 0 ? Math.min(...ends) : undefined;
}

/** The number of lines that are wanted is there. Empty lines before the first written one do not count. */
function endOfWantedLines(text: string, { maxLines }: AnswerPlace): number | undefined {
  let lines = 0;
  for (const line of completeLines(text)) {
    if (line.text.trim() === '' && lines === 0) continue;
    lines++;
    if (lines >= maxLines) return line.end;
  }
  return undefined;
}

/** A line less deep than where the answer began belongs to what comes after; one that closes what it opened still belongs. */
function endOfBlock(text: string, place: AnswerPlace): number | undefined {
  let depth = 0;
  let base = place.indentation;
  let hasWritten = place.lineBefore.trim() !== '';
  for (const [index, line] of completeLines(text).entries()) {
    const written = line.text.trim() !== '';
    const less = index > 0 && written && indentationOf(line.text) < base;
    // The first thing written may close the block that the cursor stands in.
    if (less && (text.slice(0, line.start).trim() === '' || !hasWritten)) base = indentationOf(line.text);
    else if (less && !(depth > 0 && /^\s*([)\]}]|end\b)/.test(line.text))) return line.start - 1;
    hasWritten ||= written;
    depth += depthChange(line.text);
  }
  return undefined;
}

function depthChange(line: string): number {
  let depth = 0;
  for (const char of line) {
    if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char)) depth--;
  }
  return depth;
}

function blankLineAfterText(text: string): number | undefined {
  const blank = /\S[ \t]*\n[ \t]*\n/.exec(text);
  return blank ? text.indexOf('\n', blank.index) : undefined;
}

/** The model has caught up with the text below the cursor and only copies from here on. */
function lineThatFollowsInDocument(text: string, { nextLine }: AnswerPlace): number | undefined {
  if (!isSignificant(nextLine)) return undefined;
  const wanted = nextLine.trim();
  const same = completeLines(text).find((line, index) => index > 0 && line.text.trim() === wanted);
  return same && same.start - 1;
}

const MAX_SAME_LINES = 3;

function repeatedLines(text: string): number | undefined {
  const lines = completeLines(text).filter(line => isSignificant(line.text));
  for (let at = MAX_SAME_LINES - 1; at < lines.length; at++) {
    const run = lines.slice(at - MAX_SAME_LINES + 1, at + 1);
    if (run.every(line => line.text === run[0]?.text)) return run[0]?.end;
  }
  return undefined;
}

const MIN_PHRASE_CHARS = 4;
const MAX_PHRASE_CHARS = 60;

/** The same phrase four times in a row: the model runs in a circle and will not leave it. */
function repeatedPhrase(text: string): number | undefined {
  const longest = Math.min(MAX_PHRASE_CHARS, Math.floor(text.length / 4));
  for (let size = MIN_PHRASE_CHARS; size <= longest; size++) {
    const phrase = text.slice(-size);
    if (/\w/.test(phrase) && text.endsWith(phrase.repeat(4))) return text.length - 3 * size;
  }
  return undefined;
}
