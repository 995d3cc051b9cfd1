import { LruTrie } from '../base/lruTrie.ts';
import { type Answer, type Remainder, remainderAfter } from './answer.ts';
import { type Place, typedBetween } from './place.ts';

const MAX_ANSWERS = 200;
const MAX_EMPTY_PLACES = 100;
const MAX_REJECTIONS = 50;

/**
 * What models have said, found again from any place that typing leads to: the key is the text before the cursor, so every
 * answer that was given for a beginning of it is a candidate. In memory only, and bounded.
 */
export class AnswerMemory {
  readonly #answers = new LruTrie<readonly Answer[]>(MAX_ANSWERS);
  readonly #emptyPlaces = new Set<string>();
  readonly #rejections = new Map<string, ReadonlySet<string>>();

  remember(answer: Answer): void {
    const key = keyOf(answer.place, answer.modelKey);
    // The same text above may stand over different text below; a few of those are kept apart in one entry.
    const others = (this.#answers.get(key) ?? []).filter(other => typedBetween(other.place, answer.place) !== '');
    this.#answers.set(key, [answer, ...others].slice(0, 4));
  }

  /** What is known to come at this place, the answer that was given nearest to it first. */
  recall(place: Place, modelKey: string): Remainder | undefined {
    return this.#known(place, modelKey).find(remainder => !this.wasRejected(place, remainder.text));
  }

  /** All that is known, for cycling. */
  recallAll(place: Place, modelKey: string): readonly Remainder[] {
    return this.#known(place, modelKey).filter(remainder => !this.wasRejected(place, remainder.text));
  }

  #known(place: Place, modelKey: string): readonly Remainder[] {
    return keysOf(place, modelKey)
      .flatMap(key => this.#answers.prefixesOf(key))
      .flatMap(found => found.value)
      .flatMap(answer => {
        const typed = typedBetween(answer.place, place);
        const remainder = typed === undefined ? undefined : remainderAfter(answer, typed);
        return remainder ? [remainder] : [];
      });
  }

  /** The model had nothing to say here: asked again at once, it would say it again. */
  rememberEmpty(place: Place, modelKey: string): void {
    keepLatest(this.#emptyPlaces, exactKey(place, modelKey), MAX_EMPTY_PLACES);
  }

  isEmpty(place: Place, modelKey: string): boolean {
    return this.#emptyPlaces.has(exactKey(place, modelKey));
  }

  /** The user sent a suggestion away with Escape: it does not come back at this place. */
  reject(place: Place, text: string): void {
    const key = exactKey(place, '');
    const texts = new Set(this.#rejections.get(key)).add(firstLineOf(text));
    this.#rejections.delete(key);
    this.#rejections.set(key, texts);
    const [oldest] = this.#rejections.keys();
    if (this.#rejections.size > MAX_REJECTIONS && oldest !== undefined) this.#rejections.delete(oldest);
  }

  /** Something was sent away here. The likeliest answer would be the same again, so only a wish by hand asks once more. */
  hasRejections(place: Place): boolean {
    return this.#rejections.has(exactKey(place, ''));
  }

  wasRejected(place: Place, text: string): boolean {
    return this.#rejections.get(exactKey(place, ''))?.has(firstLineOf(text)) ?? false;
  }

  clear(): void {
    this.#answers.clear();
    this.#emptyPlaces.clear();
    this.#rejections.clear();
  }
}

function keyOf(place: Place, modelKey: string): string {
  return `${place.uri}\n${modelKey}\n${place.tailStart}\n${place.tail}`;
}

function keysOf(place: Place, modelKey: string): readonly string[] {
  const { longTail } = place;
  const key = keyOf(place, modelKey);
  return longTail ? [key, keyOf({ ...place, tailStart: longTail.start, tail: longTail.text }, modelKey)] : [key];
}

function exactKey(place: Place, modelKey: string): string {
  return `${keyOf(place, modelKey)}\n${place.lineRest}\n${place.below}`;
}

function firstLineOf(text: string): string {
  return text.trimStart().split('\n', 1)[0] ?? '';
}

function keepLatest(set: Set<string>, value: string, max: number): void {
  set.delete(value);
  set.add(value);
  const [oldest] = set;
  if (set.size > max && oldest !== undefined) set.delete(oldest);
}
