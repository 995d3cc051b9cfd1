export interface FittedText {
  readonly text: string;
  /** How many characters after the cursor, on its line, the text replaces. */
  readonly replacedSuffixChars: number;
}

/**
 * Fits an answer to what stands after the cursor now; done at each showing, because the editor closes brackets while the
 * user types and the same answer then meets another rest of the line. Undefined: nothing new is left.
 */
export function fitToLineRest(text: string, lineRest: string): FittedText | undefined {
  const rest = lineRest.trimEnd();
  if (rest === '') return nonEmpty({ text, replacedSuffixChars: 0 });
  // The rest stands on the cursor's line: what follows there cannot stand behind further lines.
  const firstLine = text.split('\n', 1)[0] ?? '';
  const overlap = overlapLength(firstLine, rest);
  if (overlap > 0) return nonEmpty({ text: firstLine.slice(0, firstLine.length - overlap), replacedSuffixChars: 0 });
  if (isClosers(rest) && isSubsequence(rest, firstLine)) {
    return nonEmpty({ text: firstLine, replacedSuffixChars: rest.length });
  }
  return nonEmpty({ text: firstLine, replacedSuffixChars: 0 });
}

/** How many characters at the end of `text` are the beginning of `rest`. */
function overlapLength(text: string, rest: string): number {
  for (let length = Math.min(text.length, rest.length); length > 0; length--) {
    if (text.endsWith(rest.slice(0, length))) return length;
  }
  return 0;
}

function isClosers(rest: string): boolean {
  return /^[)\]}>"'`;,\s]+$/.test(rest);
}

function isSubsequence(part: string, text: string): boolean {
  let at = 0;
  for (const char of text) if (char === part[at]) at++;
  return at === part.length;
}

function nonEmpty(fitted: FittedText): FittedText | undefined {
  return fitted.text.trim() === '' ? undefined : fitted;
}
