const WEIGHT_OF_NEW = 0.1;
/** Prompts that are read anew are rare and say much. */
const PREFILL_WEIGHT = 0.4;
/** Before anything was measured: a small model on a laptop's processor. */
const ASSUMED_FIRST_TOKEN_MS = 150;
const ASSUMED_CHARS_PER_S = 120;
const ASSUMED_PREFILL_MS_PER_TOKEN = 1.25;
/** Below this many new tokens a first token says more about fixed costs than about the speed of reading. */
const MIN_PREFILL_TOKENS = 64;
/** Shorter texts come in one piece and have no speed. */
const MIN_DECODED_CHARS = 24;
/** How long readers look at a suggestion before they take it or type on. */
const READING_MS = 250;
const CHARS_PER_LINE = 36;

/** So long a prompt that no part of is cached may be read: it happens at another file, and at each step of the window. */
const COLD_PREFILL_MS = 3000;
const MIN_PROMPT_TOKENS = 256;
/** A room that is still so near to what speed allows is kept: another room is another prompt, and that has to be read. */
const TOO_LARGE = 1.2;
const TOO_SMALL = 0.5;

/** How fast a model is answered for by its engine, learned from every answer. */
export class Pace {
  #firstTokenMs = ASSUMED_FIRST_TOKEN_MS;
  #charsPerS = ASSUMED_CHARS_PER_S;
  #prefillMsPerToken = ASSUMED_PREFILL_MS_PER_TOKEN;
  #promptTokens = roundedDown(COLD_PREFILL_MS / ASSUMED_PREFILL_MS_PER_TOKEN);

  get firstTokenMs(): number {
    return this.#firstTokenMs;
  }

  noteFirstToken(tookMs: number): void {
    this.#firstTokenMs += WEIGHT_OF_NEW * (tookMs - this.#firstTokenMs);
  }

  /** `tokens`: those that were not in the server's cache. */
  notePrefill(tokens: number, tookMs: number): void {
    if (tokens < MIN_PREFILL_TOKENS) return;
    this.#prefillMsPerToken += PREFILL_WEIGHT * (tookMs / tokens - this.#prefillMsPerToken);
    const allowed = COLD_PREFILL_MS / this.#prefillMsPerToken;
    const fits = this.#promptTokens <= allowed * TOO_LARGE && this.#promptTokens >= allowed * TOO_SMALL;
    if (!fits) this.#promptTokens = Math.max(MIN_PROMPT_TOKENS, roundedDown(allowed));
  }

  /** How long a prompt may be so that reading all of it takes no longer than COLD_PREFILL_MS. Seldom changes. */
  get promptTokens(): number {
    return this.#promptTokens;
  }

  noteDecoded(chars: number, tookMs: number): void {
    if (chars < MIN_DECODED_CHARS || tookMs <= 0) return;
    this.#charsPerS += WEIGHT_OF_NEW * ((chars / tookMs) * 1000 - this.#charsPerS);
  }

  prefillMs(newPromptTokens: number): number {
    return newPromptTokens * this.#prefillMsPerToken;
  }

  /** How many further lines cost nobody anything, because they come while the first is still being read. */
  linesWhileReading(): number {
    return Math.floor(((this.#charsPerS / 1000) * READING_MS) / CHARS_PER_LINE);
  }
}

const MAX_MODELS = 8;

/** The pace of each model: another one may be ten times as large. */
export class Paces {
  readonly #ofModel = new Map<string, Pace>();

  of(modelKey: string): Pace {
    const pace = this.#ofModel.get(modelKey) ?? new Pace();
    this.#ofModel.delete(modelKey);
    this.#ofModel.set(modelKey, pace);
    const [oldest] = this.#ofModel.keys();
    if (this.#ofModel.size > MAX_MODELS && oldest !== undefined) this.#ofModel.delete(oldest);
    return pace;
  }
}

/** To a step of half a power of two, so that small changes of speed change nothing. */
function roundedDown(tokens: number): number {
  return Math.floor(2 ** (Math.floor(Math.log2(tokens) * 2) / 2));
}
