import { DraftGovernor } from './draftGovernor.ts';
import type { Lane } from './generation.ts';
import { LaneQueue } from './laneQueue.ts';
import type { NativeModel } from './nativeModel.ts';

/** A sequence and what it holds, so that the next prompt is read only from where it differs. */
export class Session {
  readonly lane: Lane;
  readonly sequence: number;
  readonly queue = new LaneQueue();
  readonly drafting = new DraftGovernor();
  readonly #model: NativeModel;
  #tokens: number[] = [];

  constructor(model: NativeModel, lane: Lane, sequence: number) {
    this.#model = model;
    this.lane = lane;
    this.sequence = sequence;
  }

  get tokens(): readonly number[] {
    return this.#tokens;
  }

  append(tokens: readonly number[]): void {
    this.#tokens.push(...tokens);
  }

  /**
   * Keeps what the sequence and the prompt have in common and returns how much that is. The last token of the prompt is always
   * read again: what follows it is needed.
   */
  keepCommon(prompt: readonly number[]): number {
    let common = 0;
    while (common < prompt.length - 1 && this.#tokens[common] === prompt[common]) common++;
    return this.truncate(common);
  }

  /** Returns what is left: nothing where the model cannot drop a part. */
  truncate(length: number): number {
    if (length === this.#tokens.length) return length;
    const kept = this.#model.truncate(this.sequence, length) ? length : 0;
    if (kept !== length) this.#model.truncate(this.sequence, 0);
    this.#tokens.length = kept;
    return kept;
  }
}
