import { type Clock, sleep } from '../base/clock.ts';
import type { NativeModel } from './nativeModel.ts';

/** Texts that are asked for at a time; a few milliseconds. */
const SLICE_TOKENS = 2_048;

export async function indexVocabulary(model: NativeModel, clock: Clock): Promise<VocabularyIndex> {
  const texts: string[] = [];
  const never = new AbortController().signal;
  for (let token = 0; token < model.facts.vocabularyTokens; token++) {
    if (token > 0 && token % SLICE_TOKENS === 0) await sleep(clock, 0, never);
    texts.push(model.tokenText(token));
  }
  return new VocabularyIndex(texts);
}

/** The texts of a model's tokens, in order, so that those with a given beginning stand together. */
export class VocabularyIndex {
  readonly #texts: readonly string[];
  readonly #sorted: readonly number[];
  readonly #byText = new Map<string, number>();

  /** `texts` by token; empty for those that are no text. */
  constructor(texts: readonly string[]) {
    this.#texts = texts;
    const tokens: number[] = [];
    for (const [token, text] of texts.entries()) {
      if (text === '') continue;
      tokens.push(token);
      // Some vocabularies spell a text twice; the first is the one that their tokenizer uses.
      if (!this.#byText.has(text)) this.#byText.set(text, token);
    }
    this.#sorted = tokens.sort((a, b) => compare(texts[a] ?? '', texts[b] ?? ''));
  }

  textOf(token: number): string {
    return this.#texts[token] ?? '';
  }

  /** All tokens with which a text that begins with `start` can begin: longer ones, and pieces of `start` itself. */
  beginning(start: string): readonly number[] {
    const tokens: number[] = [];
    for (let length = 1; length < start.length; length++) {
      const token = this.#byText.get(start.slice(0, length));
      if (token !== undefined) tokens.push(token);
    }
    for (let at = this.#firstNotBefore(start); at < this.#sorted.length; at++) {
      const token = this.#sorted[at] ?? 0;
      if (!this.textOf(token).startsWith(start)) break;
      tokens.push(token);
    }
    return tokens;
  }

  #firstNotBefore(text: string): number {
    let low = 0;
    let high = this.#sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (compare(this.textOf(this.#sorted[middle] ?? 0), text) < 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Holds an answer to what the user has already typed of it. A prompt that ends in the middle of a word ends in a token that the
 * model has never seen in that place; cut before the word, with the typed part as a condition, the model chooses its own token.
 * https://github.com/guidance-ai/guidance/blob/main/notebooks/art_of_prompt_design/prompt_boundaries_and_token_healing.ipynb
 */
export class HealedStart {
  readonly #vocabulary: VocabularyIndex;
  #remaining: string;

  constructor(vocabulary: VocabularyIndex, start: string) {
    this.#vocabulary = vocabulary;
    this.#remaining = start;
  }

  /** The tokens that may come next; undefined once all that was typed is there. */
  get allowed(): readonly number[] | undefined {
    return this.#remaining === '' ? undefined : this.#vocabulary.beginning(this.#remaining);
  }

  take(token: number): void {
    this.#remaining = this.#remaining.slice(this.#vocabulary.textOf(token).length);
  }
}
