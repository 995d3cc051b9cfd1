/** Declarations at the top of a file or one level into it; bodies say little that a caller needs. */
const DECLARATION =
  /^(?: {0,4}|\t)(?:export|public|protected|private|internal|static|abstract|async|declare|override|final|pub|unsafe|extern|func|fn|def|class|interface|type|enum|struct|trait|impl|module|namespace|function|const|let|var|val|fun|record|object|typedef|#define)\b/;
/** Members of a type: a name and what follows it. Statements begin with words that these are not. */
const MEMBER = /^(?: {2,4}|\t)(?:readonly\s+|get\s+|set\s+|\*\s*)?[#\w$]+\??!?\s*(?:[:(<]|\s+[\w*[\].<>]+(?:\s|,|$))/;
const STATEMENT =
  /^\s*(?:if|else|for|while|do|switch|case|return|throw|try|catch|finally|await|yield|break|continue|raise|with|assert|pass|go|defer|select|match|loop|default|goto|new|delete|this|self|super)\b/;
const COMMENT = /^\s*(?:\/\/|\/\*|\*|#(?!define)|""")/;
const MAX_LINE_CHARS = 160;

/**
 * What a file offers to others, as its own lines: the declarations and the members of its types. By the look of the lines
 * alone, so it serves any language with such words and costs nothing to speak of.
 */
export function outlineOf(text: string, maxChars: number): string {
  const kept: string[] = [];
  let room = maxChars;
  for (const line of text.split('\n')) {
    const short = line.slice(0, MAX_LINE_CHARS).trimEnd();
    if (!isOfInterest(short)) continue;
    room -= short.length + 1;
    if (room < 0) break;
    kept.push(short);
  }
  return kept.join('\n');
}

function isOfInterest(line: string): boolean {
  if (line.trim().length < 4 || COMMENT.test(line) || STATEMENT.test(line)) return false;
  return DECLARATION.test(line) || MEMBER.test(line);
}
