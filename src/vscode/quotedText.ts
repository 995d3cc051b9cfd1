/**
 * Whether an answer really holds the text that a view says the user saw in it, line by line and in a row. Leading white
 * space may differ: a block inside a list is shown without the list's indentation.
 */
export function isQuotedFrom(answer: string, text: string): boolean {
  const wanted = text.split('\n').map(line => line.trim());
  const given = answer
    .replace(/\r\n/g, '\n')
    .split('\n')
    .map(line => line.trim());
  const last = given.length - wanted.length;
  for (let start = 0; start <= last; start++) {
    if (wanted.every((line, offset) => given[start + offset] === line)) return true;
  }
  return false;
}
