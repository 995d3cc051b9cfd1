/**
 * A stand-in for a byte-pair tokenizer: markers are one token, words come in pieces of at most six letters with the space
 * before them, digits in threes, punctuation in pairs, indentation as one piece. On the bench's corpus that makes about
 * 3.1 characters a token, near what code models have; what matters more, appending text changes no token but the last.
 */
const PIECE = /<\|[a-z_]+\|>|\n| +(?= )|\t+| ?[A-Za-z]{1,6}|[0-9]{1,3}| ?[^\sA-Za-z0-9]{1,2}|\s/gu;

export function tokenize(text: string): string[] {
  return text.match(PIECE) ?? [];
}

export function countTokens(text: string): number {
  return tokenize(text).length;
}
