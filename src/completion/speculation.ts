import type { CursorSnapshot } from './snapshot.ts';

/** The document as it will be if the user takes what is shown. */
export function afterAcceptance(snapshot: CursorSnapshot, text: string, replacedSuffixChars: number): CursorSnapshot {
  const lastBreak = text.lastIndexOf('\n');
  return {
    ...snapshot,
    prefix: snapshot.prefix + text,
    suffix: snapshot.suffix.slice(replacedSuffixChars),
    line: snapshot.line + countBreaks(text),
    character: lastBreak < 0 ? snapshot.character + text.length : text.length - lastBreak - 1,
    trigger: 'automatic',
    selectedSuggestion: undefined,
  };
}

function countBreaks(text: string): number {
  return text.split('\n').length - 1;
}
