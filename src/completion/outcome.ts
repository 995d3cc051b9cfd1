import type { EngineProblem } from '../routing/endpoint.ts';

/** What came of one trigger. Nothing is also a result, with its reason (invariant 15). */
export type CompletionOutcome =
  | {
      readonly kind: 'shown';
      readonly from: 'typingAhead' | 'cache' | 'inFlight' | 'speculation' | 'stream';
      readonly suggestion: Suggestion;
    }
  | { readonly kind: 'skipped'; readonly why: SkipReason }
  | { readonly kind: 'cancelled'; readonly at: 'debounce' | 'context' | 'queue' | 'firstToken' | 'generate' }
  | { readonly kind: 'empty'; readonly why: EmptyReason }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'failed'; readonly problem: EngineProblem };

export interface Suggestion {
  readonly id: string;
  /** The request that made it, for the ledger. */
  readonly requestId: string;
  /** To be inserted at the cursor. */
  readonly text: string;
  /** How many characters after the cursor on the same line the text replaces: a closing bracket it repeats, say. */
  readonly replacedSuffixChars: number;
}

export type SkipReason =
  | 'off'
  | 'languageOff'
  | 'insideWord'
  | 'textAfterCursor'
  | 'documentTooShort'
  | 'selectionNotEmpty'
  | 'rejectedHere'
  | 'emptyHere'
  | 'readOnlyScheme'
  | 'suggestWidgetOpen'
  | 'excludedFile';

export type EmptyReason =
  | 'modelEndedAtOnce'
  | 'onlyWhitespace'
  | 'repeatsWhatFollows'
  | 'repeatsWhatPrecedes'
  | 'repeatsItself'
  | 'proseOrFence'
  | 'controlCharacters'
  | 'markers'
  | 'lowConfidence'
  | 'cutOff';
