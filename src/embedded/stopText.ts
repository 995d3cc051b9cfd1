/**
 * Cuts an answer at the first of its stop strings, also where one arrives in pieces: text that may be the beginning of a
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
    const cut = firstIndexOfAny(text, this.#stops);
    if (cut >= 0) {
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

function firstIndexOfAny(text: string, stops: readonly string[]): number {
  const found = stops.map(stop => text.indexOf(stop)).filter(index => index >= 0);
  return found.length === 0 ? -1 : Math.min(...found);
}

/** How many characters at the end of `text` are a beginning of `stop`. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
