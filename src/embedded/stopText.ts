/**
 * Cuts an answer at the first of its stop strings to be complete, also where one arrives in pieces: text that may be the beginning of a
 * stop string is held back until the next piece decides.
 */
export class StopText {
  readonly #stops: readonly string[];
  #held = '';

  constructor(stops: readonly string[]) {
    this.#stops = stops.filter(stop => stop !== '');
  }

  /** `text` may be shown; `stopped` says that the answer ends with it. */
  push(piece: string): { readonly text: string; readonly stopped: boolean } {
    const text = this.#held + piece;
    const cut = cutOf(text, this.#stops);
    if (cut !== undefined) {
      this.#held = '';
      return { text: text.slice(0, cut), stopped: true };
    }
    const held = Math.max(0, ...this.#stops.map(stop => overlap(text, stop)));
    this.#held = text.slice(text.length - held);
    return { text: text.slice(0, text.length - held), stopped: false };
  }

  /** What was held back, when the answer ends for another reason. */
  flush(): string {
    const text = this.#held;
    this.#held = '';
    return text;
  }
}

/** Where the stop string begins that is complete first, so that the cut does not depend on how the text was dealt out. */
function cutOf(text: string, stops: readonly string[]): number | undefined {
  let cut: number | undefined;
  let completeAt = Number.POSITIVE_INFINITY;
  for (const stop of stops) {
    const start = text.indexOf(stop);
    const end = start + stop.length;
    if (start < 0 || end > completeAt || (end === completeAt && start >= (cut ?? start))) continue;
    [cut, completeAt] = [start, end];
  }
  return cut;
}

/** How many characters at the end of `text` are a beginning of `stop`. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
