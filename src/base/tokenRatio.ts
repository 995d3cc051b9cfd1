/** Before anything was measured: code in common languages lies between 2.8 and 4. Low, so that a first prompt fits. */
const FIRST_GUESS_CHARS_PER_TOKEN = 3;
const RATIO_MIN = 1;
const RATIO_MAX = 8;
/** Each measurement moves the estimate by this share, so that one odd prompt does not. */
const WEIGHT = 0.2;
/** Shorter prompts say little: their markers and headings weigh too much. */
const CHARS_MIN = 200;
const MODELS_MAX = 64;

/**
 * Characters per token, learned for each model from the counts that its server reports. An estimate made with it is
 * always labelled as one.
 */
export class TokenRatio {
  readonly #charsPerToken = new Map<string, number>();

  observe(model: string, chars: number, tokens: number): void {
    if (chars < CHARS_MIN || tokens <= 0) return;
    const measured = Math.min(RATIO_MAX, Math.max(RATIO_MIN, chars / tokens));
    const known = this.#charsPerToken.get(model);
    this.#charsPerToken.delete(model);
    this.#charsPerToken.set(model, known === undefined ? measured : known + WEIGHT * (measured - known));
    const oldest = this.#charsPerToken.keys().next().value;
    if (this.#charsPerToken.size > MODELS_MAX && oldest !== undefined) this.#charsPerToken.delete(oldest);
  }

  charsPerToken(model: string): number {
    return this.#charsPerToken.get(model) ?? FIRST_GUESS_CHARS_PER_TOKEN;
  }

  tokens(model: string, chars: number): number {
    return Math.ceil(chars / this.charsPerToken(model));
  }
}
