/** Measurements at one number of threads before it is judged; the middle one counts. */
const WINDOW = 4;
/** One more thread must bring at least this much, or the core is better left to the editor. */
const WORTH_IT = 0.93;
/** Slower than when it was chosen by this factor: the machine has become busy, look again. */
const SLOWED = 1.4;
/** A single measurement this much slower than the best number of threads is judged by itself: the next may take seconds. */
const ABRUPT = 5;
/** After so many windows look again in any case: the machine may have become quiet. */
const REVIEW_WINDOWS = 64;
const LIMIT = 4;

/** At most half of the cores and never more than four: the rest belongs to the editor. */
export function threadLimit(cores: number, wanted: number): number {
  const limit = Math.max(1, Math.min(LIMIT, Math.floor(cores / 2)));
  return wanted > 0 ? Math.min(wanted, limit) : limit;
}

/**
 * Finds the number of threads by climbing from few to many while that helps. llama.cpp's threads spin at barriers, so on a
 * busy machine four of them can be a thousand times slower than one; starting high would make the first answer pay for that.
 */
export class ThreadGovernor {
  readonly #limit: number;
  #threads = 1;
  #samples: number[] = [];
  /** The time per token with the number of threads that was best so far, while others are being tried. */
  #best: { readonly threads: number; readonly msPerToken: number } | undefined;
  #untried: number[];
  #windowsSinceChoice = 0;

  constructor(limit: number) {
    this.#limit = limit;
    this.#untried = Array.from({ length: limit - 1 }, (_, index) => index + 2);
  }

  get threads(): number {
    return this.#threads;
  }

  get isSettled(): boolean {
    return this.#best !== undefined && this.#untried.length === 0 && this.#best.threads === this.#threads;
  }

  measured(msPerToken: number): void {
    this.#samples.push(msPerToken);
    const isAbrupt = this.#threads > 1 && msPerToken > (this.#best?.msPerToken ?? Number.POSITIVE_INFINITY) * ABRUPT;
    if (this.#samples.length < WINDOW && !isAbrupt) return;
    const middle = this.#samples.sort((a, b) => a - b)[WINDOW >> 1] ?? msPerToken;
    const typical = isAbrupt ? msPerToken : middle;
    this.#samples = [];
    if (this.isSettled) this.#review(typical);
    else this.#judge(typical);
  }

  #judge(typical: number): void {
    const best = this.#best;
    const isBetter =
      best === undefined ||
      (this.#threads > best.threads ? typical < best.msPerToken * WORTH_IT : typical * WORTH_IT < best.msPerToken);
    const chosen = best === undefined || isBetter ? { threads: this.#threads, msPerToken: typical } : best;
    this.#best = chosen;
    // Where one more did not help, or one fewer did, more still will not.
    const climbed = best !== undefined && this.#threads > best.threads;
    if (best && climbed !== isBetter) this.#untried = this.#untried.filter(threads => threads < chosen.threads);
    this.#threads = this.#untried.shift() ?? this.#best?.threads ?? 1;
    this.#windowsSinceChoice = 0;
  }

  #review(typical: number): void {
    this.#windowsSinceChoice++;
    const slowed = typical > (this.#best?.msPerToken ?? typical) * SLOWED;
    if (!slowed && this.#windowsSinceChoice < REVIEW_WINDOWS) return;
    this.#best = { threads: this.#threads, msPerToken: typical };
    this.#windowsSinceChoice = 0;
    this.#untried = [this.#threads - 1, this.#threads + 1].filter(count => count >= 1 && count <= this.#limit);
    this.#threads = this.#untried.shift() ?? this.#threads;
  }
}
