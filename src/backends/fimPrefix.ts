import type { FimPrompt } from './backend.ts';

/** For servers that have no place for other files: they stand before the prefix, where code reads them as what came first. */
export function prefixWithExtra({ prefix, extra }: FimPrompt): string {
  return extra.map(({ path, text }) => `${path}\n${text}\n`).join('') + prefix;
}
