import type { NativeModel } from './nativeModel.ts';

/** A character never spans more tokens than it has bytes; beyond that the bytes are simply not valid UTF-8. */
const INCOMPLETE_TOKENS_MAX = 4;
/** Tokenizers that mark word starts need what stands before; more than a few tokens back never matters. */
const BEFORE_TOKENS = 4;

/** Turns tokens into text one at a time, holding back those that end in the middle of a character. */
export class TokenTextDecoder {
  readonly #model: NativeModel;
  #before: readonly number[];
  #pending: number[] = [];

  constructor(model: NativeModel, before: readonly number[]) {
    this.#model = model;
    this.#before = before.slice(-BEFORE_TOKENS);
  }

  push(token: number): string {
    this.#pending.push(token);
    const text = this.#model.detokenize(this.#pending, this.#before);
    if (text.endsWith('\uFFFD') && this.#pending.length < INCOMPLETE_TOKENS_MAX) return '';
    this.#before = [...this.#before, ...this.#pending].slice(-BEFORE_TOKENS);
    this.#pending = [];
    return text;
  }
}
