import type { CursorSnapshot } from './snapshot.ts';

/** The tail by which a place is known begins at a line that is a multiple of this, so that it does not slide as one types. */
const TAIL_STEP_LINES = 64;
/** At least this many lines before the cursor are compared. */
const TAIL_LINES = 32;
/** The same for a line that is longer than what a snapshot holds. */
const TAIL_STEP_COLUMNS = 4096;
/** How much of the text below the cursor's line two places must share. */
const BELOW_CHARS = 256;

/** A place in a document, as memory and scheduler compare it: the text before the cursor and what stands after it. */
export interface Place {
  readonly uri: string;
  readonly line: number;
  /** Where `tail` starts, in words that do not change while one types. */
  readonly tailStart: string;
  /** The text from `tailStart` to the cursor. */
  readonly tail: string;
  /** The same from one step earlier, for what was kept before the start moved on. */
  readonly longTail: { readonly start: string; readonly text: string } | undefined;
  /** The rest of the cursor's line. */
  readonly lineRest: string;
  /** The beginning of the text below the cursor's line. */
  readonly below: string;
}

export function placeOf(snapshot: CursorSnapshot): Place {
  const { suffix, line, uri } = snapshot;
  const endOfLine = suffix.search(/\r?\n/);
  const lineRest = endOfLine < 0 ? suffix : suffix.slice(0, endOfLine);
  const below =
    endOfLine < 0
      ? ''
      : suffix
          .slice(endOfLine)
          .replace(/^\r?\n/, '')
          .slice(0, BELOW_CHARS);
  const common = { uri, line, lineRest, below };
  const wanted = Math.max(0, Math.floor((line - TAIL_LINES) / TAIL_STEP_LINES) * TAIL_STEP_LINES);
  const tail = tailFrom(snapshot, wanted);
  if (tail === undefined) return { ...common, ...windowTail(snapshot), longTail: undefined };
  const earlier = Math.max(0, wanted - TAIL_STEP_LINES);
  const longText = earlier === wanted ? undefined : tailFrom(snapshot, earlier);
  return {
    ...common,
    tailStart: `line ${wanted}`,
    tail,
    longTail: longText === undefined ? undefined : { start: `line ${earlier}`, text: longText },
  };
}

function tailFrom(
  { prefix, line, prefixStartLine, prefixIsWhole }: CursorSnapshot,
  startLine: number,
): string | undefined {
  // A window that does not begin at the document's start may begin in the middle of its first line.
  if (startLine < prefixStartLine || (startLine === prefixStartLine && !prefixIsWhole)) return undefined;
  let start = prefix.length;
  for (let at = line; at >= startLine && start >= 0; at--)
    start = start === 0 ? -1 : prefix.lastIndexOf('\n', start - 1);
  return prefix.slice(start + 1);
}

/** For texts whose lines are so long that the window holds less than the lines wanted. */
function windowTail({ prefix, character, prefixStartLine }: CursorSnapshot): Pick<Place, 'tailStart' | 'tail'> {
  const firstBreak = prefix.indexOf('\n');
  if (firstBreak >= 0) return { tailStart: `line ${prefixStartLine + 1}`, tail: prefix.slice(firstBreak + 1) };
  const windowColumn = character - prefix.length;
  const column = Math.ceil(windowColumn / TAIL_STEP_COLUMNS) * TAIL_STEP_COLUMNS;
  return { tailStart: `line ${prefixStartLine} column ${column}`, tail: prefix.slice(column - windowColumn) };
}

/** What was typed between two places, if the later one came from the earlier by typing alone. */
export function typedBetween(earlier: Place, later: Place): string | undefined {
  if (earlier.uri !== later.uri || earlier.below !== later.below) return undefined;
  const text = earlier.tailStart === later.tailStart ? later.tail : longTextFrom(later, earlier.tailStart);
  if (text === undefined || !text.startsWith(earlier.tail)) return undefined;
  return restsAgree(earlier.lineRest, later.lineRest) ? text.slice(earlier.tail.length) : undefined;
}

function longTextFrom(place: Place, start: string): string | undefined {
  return place.longTail?.start === start ? place.longTail.text : undefined;
}

/** The editor closes brackets and quotes by itself, and typing the closing one passes over it: neither is a change. */
function restsAgree(earlier: string, later: string): boolean {
  if (earlier === later) return true;
  const [longer, shorter] = earlier.length > later.length ? [earlier, later] : [later, earlier];
  return longer.endsWith(shorter) && /^[)\]}>"'`;]*$/.test(longer.slice(0, longer.length - shorter.length));
}
