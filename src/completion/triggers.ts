import type { CompletionSettings } from '../settings/settings.ts';
import type { SkipReason } from './outcome.ts';
import type { CursorSnapshot } from './snapshot.ts';

/** Below this many characters there is nothing to go by. */
const MIN_DOCUMENT_CHARS = 10;

/** What may stand after the cursor on its line without speaking against a suggestion: what editors close by themselves. */
const CLOSERS_ONLY = /^\s*[)\]}>"'`;,:]*\s*[;,:{]?\s*$/;

/** Why nothing should be asked here, before anything was spent; undefined where a suggestion is welcome. */
export function skipReason(snapshot: CursorSnapshot, settings: CompletionSettings): SkipReason | undefined {
  if (snapshot.isExcluded) return 'excludedFile';
  if (!settings.enabled && snapshot.trigger === 'automatic') return 'off';
  if (settings.disabledLanguages.includes(snapshot.languageId) && snapshot.trigger === 'automatic')
    return 'languageOff';
  if (isTooShort(snapshot)) return 'documentTooShort';
  if (snapshot.trigger === 'invoked') return undefined;
  const lineRest = lineRestOf(snapshot);
  if (/^\w/.test(lineRest) && /\w$/.test(snapshot.prefix)) return 'insideWord';
  if (!CLOSERS_ONLY.test(lineRest)) return 'textAfterCursor';
  return undefined;
}

function lineRestOf(snapshot: CursorSnapshot): string {
  const end = snapshot.suffix.search(/\r?\n/);
  return end < 0 ? snapshot.suffix : snapshot.suffix.slice(0, end);
}

function isTooShort({ prefix, suffix, prefixIsWhole }: CursorSnapshot): boolean {
  return prefixIsWhole && prefix.length + suffix.length < MIN_DOCUMENT_CHARS;
}
