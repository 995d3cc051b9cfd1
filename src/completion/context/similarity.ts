const WORD = /[A-Za-z_$][\w$]{2,}/g;
/** Words of nearly every file say nothing about what two have in common. */
const COMMON = new Set(
  'the and for from import export const let var function return class new this self def type interface public private static void int string number boolean true false null undefined none async await if else elif while switch case break continue try catch finally throw raise with in of not is'.split(
    ' ',
  ),
);

export function wordsOf(text: string): ReadonlySet<string> {
  return new Set([...text.matchAll(WORD)].map(([word]) => word).filter(word => !COMMON.has(word.toLowerCase())));
}

export interface TextWindow {
  /** Zero-based. */
  readonly firstLine: number;
  readonly text: string;
  /** Jaccard similarity of the words, 0 to 1. */
  readonly similarity: number;
}

/** Lines read of one file at most: a generated file of a million lines must not hold up the editor. */
const LINES_MAX = 5_000;

/** The stretch of a file that has most words in common with what stands around the cursor; the earlier one on a tie. */
export function bestWindow(text: string, wanted: ReadonlySet<string>, windowLines: number): TextWindow | undefined {
  const lines = text.split('\n', LINES_MAX);
  let best: TextWindow | undefined;
  for (let firstLine = 0; firstLine < lines.length; firstLine += Math.ceil(windowLines / 2)) {
    const window = lines.slice(firstLine, firstLine + windowLines).join('\n');
    const similarity = similarityOf(wordsOf(window), wanted);
    if (similarity > (best?.similarity ?? 0)) best = { firstLine, text: window, similarity };
  }
  return best;
}

/** Jaccard similarity, 0 to 1. */
export function similarityOf(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  let shared = 0;
  for (const word of a) if (b.has(word)) shared++;
  const all = a.size + b.size - shared;
  return all === 0 ? 0 : shared / all;
}
