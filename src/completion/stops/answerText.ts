/** What the rules for ending and trimming an answer need to know of the place it is for. */
export interface AnswerPlace {
  readonly languageId: string;
  /** The cursor's line up to the cursor. */
  readonly lineBefore: string;
  readonly lineRest: string;
  /** The last written line above the cursor's. */
  readonly previousLine: string;
  /** The first written line below the cursor's; '' where none is. */
  readonly nextLine: string;
  /** How deep the cursor's line is indented, in columns. */
  readonly indentation: number;
  readonly indentUnit: { readonly unit: 'tab' | 'space'; readonly width: number };
  readonly maxLines: number;
}

export interface AnswerLine {
  readonly text: string;
  readonly start: number;
  /** Before the line break. */
  readonly end: number;
}

/** The lines whose break has come: nothing can be added to them. */
export function completeLines(text: string): readonly AnswerLine[] {
  const lines: AnswerLine[] = [];
  let start = 0;
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
    lines.push({ text: text.slice(start, end), start, end });
    start = end + 1;
  }
  return lines;
}

const TAB_COLUMNS = 4;

export function indentationOf(line: string): number {
  let columns = 0;
  for (const char of line) {
    if (char === '\t') columns += TAB_COLUMNS;
    else if (char === ' ') columns++;
    else break;
  }
  return columns;
}

/** A line that says something of its own; a lone bracket or `end` stands in too many places to compare by. */
export function isSignificant(line: string): boolean {
  return (line.match(/\w/g)?.length ?? 0) >= 4;
}
