import { DraftGovernor } from './draftGovernor.ts';
import type { Lane } from './generation.ts';
import { LaneQueue } from './laneQueue.ts';
import type { NativeModel } from './nativeModel.ts';

/** Of the shorter of a prompt and a branch: with less in common the prompt is from another place or file. */
const SAME_PLACE_SHARE = 0.5;
/** From so many common tokens on, copying them into another branch is quicker than reading them again. */
const COPY_TOKENS_MIN = 64;

/** A sequence of llama.cpp and the tokens that it holds. */
interface Branch {
  readonly sequence: number;
  tokens: number[];
  usedAt: number;
}

/**
 * What one lane has read, so that the next prompt is read only from where it differs. With a second branch, what was read of one
 * file is still there after a look into another.
 */
export class Session {
  readonly lane: Lane;
  readonly queue = new LaneQueue();
  readonly drafting = new DraftGovernor();
  readonly #model: NativeModel;
  readonly #branches: readonly Branch[];
  #current: Branch;
  #uses = 0;

  constructor(model: NativeModel, lane: Lane, sequences: readonly [number, ...number[]]) {
    this.#model = model;
    this.lane = lane;
    this.#current = { sequence: sequences[0], tokens: [], usedAt: 0 };
    this.#branches = [this.#current, ...sequences.slice(1).map(sequence => ({ sequence, tokens: [], usedAt: 0 }))];
  }

  get sequence(): number {
    return this.#current.sequence;
  }

  get tokens(): readonly number[] {
    return this.#current.tokens;
  }

  append(tokens: readonly number[]): void {
    this.#current.tokens.push(...tokens);
  }

  /**
   * Chooses the branch that serves a prompt best and returns how many of its tokens are there. The last token of the prompt is
   * always read again: what follows it is needed.
   */
  async open(prompt: readonly number[]): Promise<number> {
    const nearest = this.#branches.reduce((best, branch) =>
      commonTokens(branch, prompt) > commonTokens(best, prompt) ? branch : best,
    );
    const common = commonTokens(nearest, prompt);
    const isSamePlace = common >= Math.min(prompt.length, nearest.tokens.length) * SAME_PLACE_SHARE;
    this.#current = isSamePlace ? nearest : await this.#leave(nearest, common);
    this.#current.usedAt = ++this.#uses;
    return this.truncate(Math.min(common, this.#current.tokens.length));
  }

  /** The branch that was not used for longest; it begins with what `nearest` has in common with the prompt, if that is much. */
  async #leave(nearest: Branch, common: number): Promise<Branch> {
    const oldest = this.#branches.reduce((best, branch) => (branch.usedAt < best.usedAt ? branch : best));
    if (oldest === nearest) return nearest;
    this.#truncate(oldest, 0);
    if (common < COPY_TOKENS_MIN || !this.#model.facts.canTruncate) return oldest;
    await this.#model.fork(nearest.sequence, oldest.sequence);
    oldest.tokens = [...nearest.tokens];
    return oldest;
  }

  /** Returns what is left: nothing where the model cannot drop a part. */
  truncate(length: number): number {
    return this.#truncate(this.#current, length);
  }

  #truncate(branch: Branch, length: number): number {
    if (length === branch.tokens.length) return length;
    const kept = this.#model.truncate(branch.sequence, length) ? length : 0;
    if (kept !== length) this.#model.truncate(branch.sequence, 0);
    branch.tokens.length = kept;
    return kept;
  }
}

function commonTokens(branch: Branch, prompt: readonly number[]): number {
  let common = 0;
  while (common < prompt.length - 1 && branch.tokens[common] === prompt[common]) common++;
  return common;
}
