import { neutralise } from '../../base/neutralise.ts';
import type { ContextPart, ContextSnapshot } from '../context/contextSource.ts';
import { type FimFamily, markersOf } from './families.ts';

/** The text of other files, as a family wants it: before all markers, and at the beginning of the prefix. */
export interface ContextText {
  readonly outside: string;
  readonly inside: string;
}

/** Line comments by language; elsewhere C's, which every model knows. */
const LINE_COMMENT: Record<string, string> = {
  python: '#',
  ruby: '#',
  shellscript: '#',
  yaml: '#',
  toml: '#',
  r: '#',
  perl: '#',
  elixir: '#',
  dockerfile: '#',
  makefile: '#',
  lua: '--',
  sql: '--',
  haskell: '--',
};

/**
 * Renders what fits, by rank, in an order that depends on the parts alone: stable ones first and by name, so that the same
 * parts always make the same text and a change at the end leaves the beginning in the server's cache.
 */
export function contextText(
  context: ContextSnapshot | undefined,
  file: { readonly path: string; readonly languageId: string },
  family: FimFamily,
  roomChars: number,
): ContextText {
  const parts = inPromptOrder(chooseParts(context?.parts ?? [], roomChars));
  const format = family.context;
  const markers = markersOf(family);
  const safe = (text: string) => neutralise(text, markers);
  if (format.kind === 'comments') return { outside: '', inside: commentsOf(parts, file.languageId, safe) };
  if (parts.length === 0 && !format.namesLoneFile) return { outside: '', inside: '' };
  const blocks = parts.map(part => format.file(safe(part.path), safe(part.text).trimEnd())).join('');
  const current = format.current(safe(file.path));
  const repository = format.repository(safe(context?.repository ?? ''));
  return format.place === 'outside'
    ? { outside: repository + blocks + current.outside, inside: current.inside }
    : { outside: current.outside, inside: repository + blocks + current.inside };
}

/** What a part costs besides its text: path and markers. */
const PART_OVERHEAD_CHARS = 40;

function chooseParts(parts: readonly ContextPart[], roomChars: number): readonly ContextPart[] {
  let room = roomChars;
  return parts
    .toSorted((a, b) => b.rank - a.rank || compareIds(a, b))
    .filter(part => {
      const chars = part.text.length + PART_OVERHEAD_CHARS;
      if (chars > room) return false;
      room -= chars;
      return true;
    });
}

function inPromptOrder(parts: readonly ContextPart[]): readonly ContextPart[] {
  const weight = (part: ContextPart) => (part.stability === 'stable' ? 0 : 1);
  return parts.toSorted((a, b) => weight(a) - weight(b) || compareIds(a, b));
}

function compareIds(a: ContextPart, b: ContextPart): number {
  return a.id < b.id ? -1 : a.id > b.id ? 1 : 0;
}

function commentsOf(parts: readonly ContextPart[], languageId: string, safe: (text: string) => string): string {
  const mark = LINE_COMMENT[languageId] ?? '//';
  return parts
    .map(part => {
      const lines = [`From ${part.path}:`, ...part.text.trimEnd().split('\n')];
      return `${lines.map(line => `${mark} ${safe(line)}`.trimEnd()).join('\n')}\n\n`;
    })
    .join('');
}
