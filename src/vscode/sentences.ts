/** What happened, and the rest: lists of the editor clip a line, so the two stand below each other. */
export function splitSentences(text: string): { readonly first: string; readonly rest: string } {
  const end = /[.:] (?=[A-Z])/.exec(text);
  if (!end) return { first: text, rest: '' };
  return { first: text.slice(0, end.index + 1), rest: text.slice(end.index + 2) };
}
