import { diffLines } from 'diff';

/** One run of lines that differ. Line numbers are zero-based; an empty side has equal start and end. */
export interface Hunk {
  readonly originalStart: number;
  readonly originalEnd: number;
  readonly proposedStart: number;
  readonly proposedEnd: number;
}

/** A comparison that takes longer is given up, and the whole text counts as one hunk: a view must not hang on it. */
const DIFF_LIMIT_MS = 500;

export function hunksOf(original: string, proposed: string): readonly Hunk[] {
  const changes = diffLines(original, proposed, { timeout: DIFF_LIMIT_MS });
  if (!changes) {
    return [
      {
        originalStart: 0,
        originalEnd: linesOf(original).length,
        proposedStart: 0,
        proposedEnd: linesOf(proposed).length,
      },
    ];
  }
  const hunks: Hunk[] = [];
  let originalLine = 0;
  let proposedLine = 0;
  for (const { added, removed, count } of changes) {
    const last = hunks.at(-1);
    const isNext = last?.originalEnd === originalLine && last.proposedEnd === proposedLine;
    if (!added && !removed) {
      originalLine += count;
      proposedLine += count;
      continue;
    }
    const start = isNext && last ? last : { originalStart: originalLine, proposedStart: proposedLine };
    if (isNext) hunks.pop();
    if (removed) originalLine += count;
    else proposedLine += count;
    hunks.push({
      originalStart: start.originalStart,
      originalEnd: originalLine,
      proposedStart: start.proposedStart,
      proposedEnd: proposedLine,
    });
  }
  return hunks;
}

/** The hunk at or nearest above a line of the proposed text, else the first. */
export function hunkAt(hunks: readonly Hunk[], proposedLine: number): Hunk | undefined {
  return hunks.findLast(hunk => hunk.proposedStart <= proposedLine) ?? hunks[0];
}

/** The proposed text with one hunk as it was before. */
export function rejectHunk(original: string, proposed: string, hunk: Hunk): string {
  return splice(
    proposed,
    hunk.proposedStart,
    hunk.proposedEnd,
    linesOf(original).slice(hunk.originalStart, hunk.originalEnd),
  );
}

/** The original text with one hunk as it is proposed. */
export function acceptHunk(original: string, proposed: string, hunk: Hunk): string {
  return splice(
    original,
    hunk.originalStart,
    hunk.originalEnd,
    linesOf(proposed).slice(hunk.proposedStart, hunk.proposedEnd),
  );
}

function splice(text: string, start: number, end: number, lines: readonly string[]): string {
  const all = linesOf(text);
  return [...all.slice(0, start), ...lines, ...all.slice(end)].join('');
}

/** With their line ends, so that joining gives the text back to the byte. */
function linesOf(text: string): readonly string[] {
  return text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
}
