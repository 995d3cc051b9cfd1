const WEIGHT_OF_NEW = 0.1;
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

/** How fast the engine in use answers, learned from every answer. */
export class Pace {
  #firstTokenMs = ASSUMED_FIRST_TOKEN_MS;
  #charsPerS = ASSUMED_CHARS_PER_S;
  #prefillMsPerToken = ASSUMED_PREFILL_MS_PER_TOKEN;

  get firstTokenMs(): number {
    return this.#firstTokenMs;
  }

  noteFirstToken(tookMs: number, newPromptTokens: number): void {
    this.#firstTokenMs += WEIGHT_OF_NEW * (tookMs - this.#firstTokenMs);
    if (newPromptTokens < MIN_PREFILL_TOKENS) return;
    this.#prefillMsPerToken += WEIGHT_OF_NEW * (tookMs / newPromptTokens - this.#prefillMsPerToken);
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
