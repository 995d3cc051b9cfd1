/** Gaps beyond this are pauses and say nothing about how fast somebody types. */
const MAX_TYPING_GAP_MS = 600;
const WEIGHT_OF_NEW = 0.1;
const TYPICAL_GAP_MS = 200;
const MAX_WAIT_MS = 250;

/**
 * How long to hold a request back in the hope that the next key makes it needless. The editor has waited 50 ms already,
 * and a request that the next key contradicts is stopped; so this is small, and nothing where an answer is likely wanted.
 */
export class Rhythm {
  #gapMs = TYPICAL_GAP_MS;
  #lastKeyMs: number | undefined;

  noteKey(atMs: number): void {
    const gapMs = atMs - (this.#lastKeyMs ?? Number.NEGATIVE_INFINITY);
    this.#lastKeyMs = atMs;
    if (gapMs > 0 && gapMs < MAX_TYPING_GAP_MS) this.#gapMs += WEIGHT_OF_NEW * (gapMs - this.#gapMs);
  }

  /** Only a slow answer is worth holding back for: one that is there before the next key costs the next key nothing. */
  waitMs(lineBefore: string, firstTokenMs: number): number {
    if (lineBefore.trim() === '' || /[([{.=,]\s*$/.test(lineBefore)) return 0;
    return Math.max(0, Math.min(MAX_WAIT_MS, firstTokenMs - this.#gapMs));
  }
}
