/**
 * Cuts a streamed text at the first of several stop strings, which may lie across pieces. Text that could be the beginning
 * of a stop string is held back until the next piece decides.
 */
export class StopCutter {
  readonly #stops: readonly string[];
  #held = '';
  #isStopped = false;

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter(stop => stop !== '');
  }

  /** Whether a stop string was met; everything behind it is dropped. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  /** The part of the text so far that is certain to belong to the answer and was not handed out before. */
  push(piece: string): string {
    if (this.#isStopped) return '';
    const text = this.#held + piece;
    const cut = firstOf(this.#stops, text);
    if (cut >= 0) {
      this.#isStopped = true;
      this.#held = '';
      return text.slice(0, cut);
    }
    const keep = longestBeginning(this.#stops, text);
    this.#held = text.slice(text.length - keep);
    return text.slice(0, text.length - keep);
  }

  /** What was held back, once nothing follows. */
  end(): string {
    const rest = this.#held;
    this.#held = '';
    return rest;
  }
}

/** Where the stop string begins that ends first, as a server sees it token by token; so the split does not matter. */
function firstOf(stops: readonly string[], text: string): number {
  let first = -1;
  let firstEnd = Number.POSITIVE_INFINITY;
  for (const stop of stops) {
    const found = text.indexOf(stop);
    const end = found + stop.length;
    if (found < 0 || end > firstEnd || (end === firstEnd && found > first)) continue;
    first = found;
    firstEnd = end;
  }
  return first;
}

/** How many characters at the end of the text are the beginning of a stop string. */
function longestBeginning(stops: readonly string[], text: string): number {
  let longest = 0;
  for (const stop of stops) {
    for (let length = Math.min(stop.length - 1, text.length); length > longest; length--) {
      if (text.endsWith(stop.slice(0, length))) longest = length;
    }
  }
  return longest;
}
