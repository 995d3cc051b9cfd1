/** Of several places that agree, the one that agrees furthest back wins; this far is looked. */
const MATCH_DEPTH = 16;
/** Newest places of one pair that are compared. */
const PLACES_MAX = 8;
/** A pair of tokens as one number; vocabularies are smaller than this. */
const PAIR_BASE = 2 ** 24;

export interface LookupMatch {
  /** Where what followed begins. */
  readonly place: number;
  /** How many tokens before it agree; at least two. */
  readonly depth: number;
}

/**
 * Finds what followed the last tokens when they occurred before: in the prompt, in what was generated, in other texts. Code
 * repeats itself, and a guess that a batch refutes costs little where a batch costs little more than a token.
 * Prompt lookup decoding: https://github.com/apoorvumang/prompt-lookup-decoding
 */
export class PromptLookup {
  readonly #tokens: number[] = [];
  readonly #places = new Map<number, number[]>();

  constructor(tokens: readonly number[]) {
    for (const token of tokens) this.push(token);
  }

  push(token: number): void {
    const before = this.#tokens.at(-1);
    this.#tokens.push(token);
    if (before === undefined) return;
    const pair = before * PAIR_BASE + token;
    const places = this.#places.get(pair);
    if (!places) this.#places.set(pair, [this.#tokens.length]);
    else if (places.push(this.#tokens.length) > PLACES_MAX) places.shift();
  }

  /** The best place at which the last tokens stood before; undefined where nothing like this was seen. */
  find(): LookupMatch | undefined {
    const length = this.#tokens.length;
    const [last, beforeLast] = [this.#tokens.at(-1), this.#tokens.at(-2)];
    if (last === undefined || beforeLast === undefined) return undefined;
    let best: LookupMatch | undefined;
    for (const place of this.#places.get(beforeLast * PAIR_BASE + last) ?? []) {
      if (place === length) continue;
      const depth = this.#agreement(place);
      if (depth >= (best?.depth ?? 0)) best = { place, depth };
    }
    return best;
  }

  /** At most `maxTokens` of what followed there. */
  draft(match: LookupMatch, maxTokens: number): readonly number[] {
    return this.#tokens.slice(match.place, match.place + Math.max(0, maxTokens));
  }

  /** How many tokens before `place` equal the last ones. */
  #agreement(place: number): number {
    let depth = 0;
    while (depth < MATCH_DEPTH && depth < place) {
      if (this.#tokens[place - 1 - depth] !== this.#tokens[this.#tokens.length - 1 - depth]) break;
      depth++;
    }
    return depth;
  }
}
