/** Everything the engine may know of the editor at one keystroke. Made synchronously, never changed. */
export interface CursorSnapshot {
  readonly uri: string;
  /** As people write it: relative to the workspace folder, forward slashes. */
  readonly path: string;
  readonly languageId: string;
  readonly version: number;
  /** Zero-based. */
  readonly line: number;
  readonly character: number;
  /** The text up to the cursor, from `prefixStartLine` on; at most MAX_PREFIX_CHARS, so a huge file costs no more. */
  readonly prefix: string;
  readonly prefixStartLine: number;
  /** False: text stands before what `prefix` holds. */
  readonly prefixIsWhole: boolean;
  /** The text from the cursor on, at most MAX_SUFFIX_CHARS. */
  readonly suffix: string;
  readonly suffixIsWhole: boolean;
  readonly trigger: 'automatic' | 'invoked';
  /** By the folder's ignore files, or because it looks like a file of keys: nothing of it goes into a prompt. */
  readonly isExcluded?: boolean;
  readonly indentation: { readonly unit: 'tab' | 'space'; readonly width: number };
  /** What the suggest widget has selected. The prefix ends with it, as if it had been taken: ghost text must continue it. */
  readonly selectedSuggestion: { readonly text: string; readonly replacedChars: number } | undefined;
}

export const MAX_PREFIX_CHARS = 48 * 1024;
export const MAX_SUFFIX_CHARS = 12 * 1024;
