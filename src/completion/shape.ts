import type { CompletionSettings } from '../settings/settings.ts';
import type { CursorSnapshot } from './snapshot.ts';

/** What kind of answer is asked for, decided before the request, because it bounds what the model may generate. */
export interface Shape {
  /** `line`: to the end of a line. `nextLine`: the line is complete, so the answer begins with a line break. */
  readonly kind: 'line' | 'nextLine' | 'block';
  readonly maxTokens: number;
  /** More than is shown at once: the rest waits in memory for when the first lines are taken. */
  readonly maxLines: number;
  readonly shownLines: number;
}

/** What a parser knows of the place; undefined where there is no grammar for the language. */
export interface SyntaxPort {
  /** Whether a block of several lines begins at the cursor. */
  startsBlock(snapshot: CursorSnapshot): boolean | undefined;
}

/** What a line may take at most, and what lines take on average. */
const LONGEST_LINE_TOKENS = 48;
const TOKENS_PER_LINE = 20;
const MAX_LINES = 8;

/** Languages whose blocks begin after a colon and are told by their indentation alone. */
const INDENTED_LANGUAGES = new Set(['python', 'yaml', 'nim', 'gdscript', 'coffeescript', 'haml', 'pug', 'sass']);

export function decideShape(snapshot: CursorSnapshot, settings: CompletionSettings, syntax?: SyntaxPort): Shape {
  const kind = kindOf(snapshot, settings, syntax);
  const maxTokens = Math.min(LONGEST_LINE_TOKENS + TOKENS_PER_LINE * (MAX_LINES - 1), settings.maxTokens);
  return { kind, maxTokens, maxLines: MAX_LINES, shownLines: kind === 'block' ? MAX_LINES : 1 };
}

function kindOf(snapshot: CursorSnapshot, settings: CompletionSettings, syntax: SyntaxPort | undefined): Shape['kind'] {
  const before = lineBefore(snapshot);
  const hasRest = /^[^\r\n]*\S/.test(snapshot.suffix);
  if (hasRest) return 'line';
  const isComplete = endsStatement(before, snapshot.languageId);
  if (settings.multiline === 'never') return isComplete ? 'nextLine' : 'line';
  if (settings.multiline === 'always') return 'block';
  if (syntax?.startsBlock(snapshot) ?? startsBlock(snapshot, before)) return 'block';
  return isComplete ? 'nextLine' : 'line';
}

function lineBefore({ prefix }: CursorSnapshot): string {
  return prefix.slice(prefix.lastIndexOf('\n') + 1);
}

/** By the last thing written: on this line, or on the one above when this one is still empty. */
function startsBlock({ prefix, languageId }: CursorSnapshot, before: string): boolean {
  const opener = before.trim() === '' ? lastWrittenLine(prefix) : before;
  return /[{([]\s*$/.test(opener) || (INDENTED_LANGUAGES.has(languageId) && /:\s*(#.*)?$/.test(opener));
}

function lastWrittenLine(prefix: string): string {
  const text = prefix.trimEnd();
  return text.slice(text.lastIndexOf('\n') + 1);
}

/** Nothing more is expected on the line, so that an answer can only begin with a line break. */
function endsStatement(before: string, languageId: string): boolean {
  if (before.trim() === '') return false;
  if (INDENTED_LANGUAGES.has(languageId))
    return /[)\]}"'\w]\s*$/.test(before) && isBalanced(before) && !/\w$/.test(before);
  return /[;{}]\s*$/.test(before) || /^\s*(\/\/|\/\*|\*|#)/.test(before);
}

function isBalanced(line: string): boolean {
  let depth = 0;
  for (const char of line) {
    if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char)) depth--;
  }
  return depth <= 0;
}
