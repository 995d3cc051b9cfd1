import type { CursorSnapshot } from '../snapshot.ts';

/** Where the prompt's prefix begins in the document, in words that typing below it does not change. */
export type WindowStart = { readonly line: number; readonly column: number };

export interface PrefixWindow {
  readonly start: WindowStart;
  readonly text: string;
}

/** A new window takes up this share of the room, so that it can grow for a while before its start must move. */
const FRESH_SHARE = 0.6;
/** Below this share a window that could reach further up is taken anew: the cursor went up in the file. */
const MIN_SHARE = 0.25;
const COLUMN_STEP = 1024;

/**
 * The text above the cursor that goes into a prompt. Its start stays where it is while the text grows and then moves on in
 * one large step: a window that slides by a line with every line typed would make the server read everything anew.
 */
export function windowOf(snapshot: CursorSnapshot, roomChars: number, held: WindowStart | undefined): PrefixWindow {
  if (held) {
    const text = textFrom(snapshot, held);
    const couldReachUp = held.line > 0 || held.column > 0;
    const isTooShort = text !== undefined && couldReachUp && text.length < roomChars * MIN_SHARE;
    if (text !== undefined && text.length <= roomChars && !isTooShort) return { start: held, text };
  }
  if (snapshot.prefixIsWhole && snapshot.prefix.length <= roomChars) {
    return { start: { line: 0, column: 0 }, text: snapshot.prefix };
  }
  return freshWindow(snapshot, Math.floor(roomChars * FRESH_SHARE));
}

function freshWindow({ prefix, line, character }: CursorSnapshot, chars: number): PrefixWindow {
  const from = Math.max(0, prefix.length - chars);
  const lineStart = prefix.indexOf('\n', from) + 1;
  if (lineStart > 0) {
    const text = prefix.slice(lineStart);
    return { start: { line: line - countBreaks(text), column: 0 }, text };
  }
  // One line longer than the room: its start moves in steps too.
  const column = Math.ceil((character - (prefix.length - from)) / COLUMN_STEP) * COLUMN_STEP;
  const text = prefix.slice(prefix.length - Math.max(0, character - column));
  return { start: { line, column }, text };
}

/** The text from a place to the cursor; undefined where the snapshot does not hold it. */
function textFrom({ prefix, line, character }: CursorSnapshot, start: WindowStart): string | undefined {
  if (start.line > line) return undefined;
  let lineStart = prefix.length;
  for (let at = line; at >= start.line; at--) {
    const brk = lineStart > 0 ? prefix.lastIndexOf('\n', lineStart - 1) : -1;
    if (brk < 0) return at === start.line ? fromFirstLine(prefix, { line, character, start }) : undefined;
    lineStart = brk;
  }
  const from = lineStart + 1 + start.column;
  return from <= prefix.length ? prefix.slice(from) : undefined;
}

/** The start lies in the first line that the snapshot holds: whole only where the snapshot begins at column 0. */
function fromFirstLine(
  prefix: string,
  at: { readonly line: number; readonly character: number; readonly start: WindowStart },
): string | undefined {
  const cutColumns = at.start.line === at.line ? at.character - prefix.length : 0;
  const from = at.start.column - cutColumns;
  return from >= 0 && from <= prefix.length ? prefix.slice(from) : undefined;
}

function countBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
