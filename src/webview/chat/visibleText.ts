/**
 * Characters that change how text looks or reads without showing themselves: controls, bidirectional overrides, zero-width
 * ones, tags and variation selectors (the two that emoji use excepted). A model, or what it read, may hide instructions or
 * code in them.
 */
const INVISIBLE = /(?![\t\n\r]|\ufe0e|\ufe0f)[\p{Cc}\p{Cf}\p{Default_Ignorable_Code_Point}]/gu;

/** Writes each of them out by its number, such as ⟨U+202E⟩, so that what is seen is what there is. */
export function showInvisible(text: string): string {
  return text.replace(INVISIBLE, hidden => {
    const code = hidden.codePointAt(0) ?? 0;
    return `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩`;
  });
}
