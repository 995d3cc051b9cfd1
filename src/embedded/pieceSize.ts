/** Between two pieces of a prompt the engine looks whether anyone still wants the answer; this is how long that may take. */
const TARGET_MS = 60;
const SMALLEST_TOKENS = 8;
/** Before anything was measured. */
const FIRST_TOKENS = 32;
/** How much the newest measurement counts. */
const WEIGHT = 0.5;

/** How many tokens of a prompt to evaluate at once, from the speed that was measured. */
export class PieceSize {
  readonly #maxTokens: number;
  #tokensPerMs: number | undefined;

  constructor(maxTokens: number) {
    this.#maxTokens = maxTokens;
  }

  next(): number {
    const wanted = this.#tokensPerMs === undefined ? FIRST_TOKENS : Math.floor(this.#tokensPerMs * TARGET_MS);
    return Math.min(this.#maxTokens, Math.max(SMALLEST_TOKENS, wanted));
  }

  /** Pieces of a few tokens say nothing about speed: their fixed cost outweighs the tokens. */
  measured(tokens: number, ms: number): void {
    if (tokens < SMALLEST_TOKENS || ms <= 0) return;
    const speed = tokens / ms;
    this.#tokensPerMs = this.#tokensPerMs === undefined ? speed : this.#tokensPerMs * (1 - WEIGHT) + speed * WEIGHT;
  }
}
