/** The opening line of a fenced block: up to three spaces, three or more backticks or tildes, then perhaps a language. */
const FENCE = /^ {0,3}(`{3,}|~{3,})\s*([\w+#.-]*)[^`\n]*$/;

export interface CodeBlock {
  readonly languageId: string;
  readonly text: string;
  /** False: the answer ended before the block did. */
  readonly closed: boolean;
}

/** The fenced blocks of an answer, however sloppy: unclosed ones count, and a longer fence may hold a shorter one. */
export function codeBlocks(answer: string): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let open: { fence: string; languageId: string; lines: string[] } | undefined;
  for (const line of answer.replace(/\r\n/g, '\n').split('\n')) {
    const match = FENCE.exec(line);
    const [, fence = '', languageId = ''] = match ?? [];
    if (!open) {
      if (match) open = { fence, languageId, lines: [] };
    } else if (match && !languageId && fence[0] === open.fence[0] && fence.length >= open.fence.length) {
      blocks.push({ languageId: open.languageId, text: open.lines.join('\n'), closed: true });
      open = undefined;
    } else {
      open.lines.push(line);
    }
  }
  if (open) blocks.push({ languageId: open.languageId, text: open.lines.join('\n'), closed: false });
  return blocks;
}

/**
 * The code that is meant to take the place of a selection. Small models fence it, or not; say a sentence before, or after;
 * repeat the heading they were given; forget the closing fence. Undefined where there is no code to be had.
 */
export function replacementCode(answer: string): string | undefined {
  const blocks = codeBlocks(answer);
  if (blocks.length > 0) {
    const longest = blocks.reduce((best, block) => (block.text.length > best.text.length ? block : best));
    return longest.text.trim() === '' ? undefined : longest.text;
  }
  const bare = stripProse(answer.replace(/\r\n/g, '\n'));
  return bare.trim() === '' ? undefined : bare;
}

const OPENING_PROSE = /^(sure|certainly|of course|here('s| is| are)|the (updated|corrected|new|following)|below)\b.*$/i;

function stripProse(text: string): string {
  const lines = text.split('\n');
  while (lines[0]?.trim() === '' || OPENING_PROSE.test(lines[0]?.trim() ?? '')) {
    if (lines.length === 1) return '';
    lines.shift();
  }
  return lines.join('\n').trimEnd();
}

/** Gives the code the depth of what it replaces: a small model often starts at the margin. */
export function indentLike(code: string, original: string): string {
  const wanted = leastIndent(original);
  const given = leastIndent(code);
  if (wanted === given) return code;
  return code
    .split('\n')
    .map(line => (line.trim() === '' ? '' : line.startsWith(given) ? wanted + line.slice(given.length) : line))
    .join('\n');
}

function leastIndent(text: string): string {
  const indents = text
    .split('\n')
    .filter(line => line.trim() !== '')
    .map(line => /^[ \t]*/.exec(line)?.[0] ?? '');
  return indents.reduce((least, indent) => (indent.length < least.length ? indent : least), indents[0] ?? '');
}
