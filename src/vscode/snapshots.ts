import type { CursorSnapshot } from '../completion/snapshot.ts';
import { MAX_PREFIX_CHARS, MAX_SUFFIX_CHARS } from '../completion/snapshot.ts';

/** The part of a text document that a snapshot is made from; VS Code's TextDocument is one. */
export interface DocumentText {
  readonly uri: { toString(): string };
  readonly languageId: string;
  readonly version: number;
  readonly lineCount: number;
  /** Throws where the line does not exist. */
  lineAt(line: number): { readonly text: string };
}

export interface CursorPlace {
  readonly line: number;
  readonly character: number;
}

export interface SnapshotWish {
  readonly document: DocumentText;
  readonly position: CursorPlace;
  /** As people write it: relative to the workspace folder, forward slashes. */
  readonly path: string;
  readonly trigger: CursorSnapshot['trigger'];
  readonly indentation: CursorSnapshot['indentation'];
  readonly selectedSuggestion: CursorSnapshot['selectedSuggestion'];
}

/**
 * Reads the windows around the cursor line by line and never the whole text: a file of 50 MB costs what a small one does.
 * Lines end in "\n" here, whatever the file has; the editor writes the file's own ending back when text is inserted.
 * With an entry selected in the list of suggestions, the snapshot shows the text as it would be with that entry taken,
 * because the editor draws no ghost text that does not continue it.
 */
export function takeSnapshot({ document, position, ...wish }: SnapshotWish): CursorSnapshot {
  const before = readBefore(document, position);
  const after = readAfter(document, position);
  const selected = wish.selectedSuggestion;
  const prefix = selected ? before.text.slice(0, -selected.replacedChars || undefined) + selected.text : before.text;
  return {
    uri: document.uri.toString(),
    path: wish.path,
    languageId: document.languageId,
    version: document.version,
    line: position.line,
    character: position.character + prefix.length - before.text.length,
    prefix,
    prefixStartLine: before.startLine,
    prefixIsWhole: before.isWhole,
    suffix: after.text,
    suffixIsWhole: after.isWhole,
    trigger: wish.trigger,
    indentation: wish.indentation,
    selectedSuggestion: selected,
  };
}

/** Whole lines up to the limit; only a cursor line that is longer than the limit is cut. */
function readBefore(document: DocumentText, { line, character }: CursorPlace) {
  const ownStart = Math.max(0, character - MAX_PREFIX_CHARS);
  const own = withoutBrokenStart(document.lineAt(line).text.slice(ownStart, character));
  if (ownStart > 0) return { text: own, startLine: line, isWhole: false };
  const pieces = [own];
  let room = MAX_PREFIX_CHARS - own.length;
  let startLine = line;
  while (startLine > 0) {
    const text = document.lineAt(startLine - 1).text;
    room -= text.length + 1;
    if (room < 0) break;
    pieces.push(text);
    startLine--;
  }
  return { text: pieces.reverse().join('\n'), startLine, isWhole: startLine === 0 };
}

function readAfter(document: DocumentText, { line, character }: CursorPlace) {
  const ownLine = document.lineAt(line).text;
  const own = withoutBrokenEnd(ownLine.slice(character, character + MAX_SUFFIX_CHARS));
  if (ownLine.length - character > MAX_SUFFIX_CHARS) return { text: own, isWhole: false };
  const pieces = [own];
  let room = MAX_SUFFIX_CHARS - own.length;
  let next = line + 1;
  for (; next < document.lineCount; next++) {
    const text = document.lineAt(next).text;
    room -= text.length + 1;
    if (room < 0) break;
    pieces.push(text);
  }
  return { text: pieces.join('\n'), isWhole: next === document.lineCount };
}

/** A cut may fall between the two halves of a character outside the basic plane; half of one is no text. */
function withoutBrokenStart(text: string): string {
  return /^[\uDC00-\uDFFF]/.test(text) ? text.slice(1) : text;
}

function withoutBrokenEnd(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
}

/** VS Code's editor options hold "auto" until it has looked at the file. */
export function indentationOf(
  options: { readonly insertSpaces?: boolean | string; readonly tabSize?: number | string } | undefined,
): CursorSnapshot['indentation'] {
  const width = typeof options?.tabSize === 'number' ? options.tabSize : 4;
  return { unit: options?.insertSpaces === false ? 'tab' : 'space', width };
}

/** The path that people know a document by: a cell's is its notebook's, an untitled one's is its name. */
export function readablePath(uri: { readonly scheme: string; readonly path: string }, relativePath: string): string {
  const path = uri.scheme === 'untitled' ? uri.path : relativePath;
  return path.replaceAll('\\', '/');
}
