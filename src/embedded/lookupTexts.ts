import type { NativeModel } from './nativeModel.ts';

/** Texts whose tokens are kept: a file and its neighbours. */
const TEXTS_MAX = 16;
/** Of each text, from its end. */
const TEXT_CHARS_MAX = 32_768;
/** More would take longer to index than it saves. */
const TOKENS_MAX = 8_192;

/** The tokens of texts that come again with every request, so that each is read by the tokenizer once. */
export class LookupTexts {
  readonly #model: NativeModel;
  readonly #tokens = new Map<string, readonly number[]>();

  constructor(model: NativeModel) {
    this.#model = model;
  }

  /** The last texts count most: what is too much is cut from the front. */
  tokensOf(texts: readonly string[]): readonly number[] {
    return texts.flatMap(text => this.#tokensOf(text)).slice(-TOKENS_MAX);
  }

  #tokensOf(text: string): readonly number[] {
    const tokens = this.#tokens.get(text) ?? this.#model.tokenize(text.slice(-TEXT_CHARS_MAX), 'asText');
    this.#tokens.delete(text);
    this.#tokens.set(text, tokens);
    for (const oldest of this.#tokens.keys()) {
      if (this.#tokens.size <= TEXTS_MAX) break;
      this.#tokens.delete(oldest);
    }
    return tokens;
  }
}
