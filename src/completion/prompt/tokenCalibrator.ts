/** Before a model has counted anything: between code in Latin letters (3 to 4) and what small vocabularies make of it. */
const INITIAL_CHARS_PER_TOKEN = 3.2;
/** Outside of these a count is a mistake of the server or of ours, and would ruin the budget. */
const MIN_CHARS_PER_TOKEN = 1.2;
const MAX_CHARS_PER_TOKEN = 8;
/** Short prompts are mostly markers. */
const MIN_PROMPT_CHARS = 200;
const WEIGHT_OF_NEW = 0.2;
const MAX_MODELS = 16;

/** How many characters make a token, learned for each model from the counts that its server reports. */
export class TokenCalibrator {
  readonly #charsPerToken = new Map<string, number>();

  charsPerToken(modelKey: string): number {
    return this.#charsPerToken.get(modelKey) ?? INITIAL_CHARS_PER_TOKEN;
  }

  /** `inputTokens` counts the whole prompt, cached tokens included. */
  learn(modelKey: string, promptChars: number, inputTokens: number | undefined): void {
    if (inputTokens === undefined || inputTokens <= 0 || promptChars < MIN_PROMPT_CHARS) return;
    const counted = promptChars / inputTokens;
    if (counted < MIN_CHARS_PER_TOKEN || counted > MAX_CHARS_PER_TOKEN) return;
    const before = this.#charsPerToken.get(modelKey);
    const now = before === undefined ? counted : before + WEIGHT_OF_NEW * (counted - before);
    this.#charsPerToken.delete(modelKey);
    this.#charsPerToken.set(modelKey, now);
    const [oldest] = this.#charsPerToken.keys();
    if (this.#charsPerToken.size > MAX_MODELS && oldest !== undefined) this.#charsPerToken.delete(oldest);
  }
}
