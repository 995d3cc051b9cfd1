/** Lengths that are tried: batches of other sizes cost about the same as the next of these. */
const LENGTHS = [1, 3, 7] as const;
/** How much the newest measurement counts. */
const WEIGHT = 0.15;
/** Agreement from which a match belongs to the next class: the longer it is, the likelier it goes on. */
const DEPTH_CLASSES = [4, 8] as const;
/** Share of right guesses by class before anything was measured; as found in ten files of real code. */
const FIRST_ACCEPTANCE = [0.55, 0.75, 0.84] as const;
const FIRST_COST_PER_TOKEN = 0.15;
/** A draft must promise at least this much, or the plain way is taken. */
const WORTH_IT = 1.1;
/** A model that takes less for a token gains nothing: what looking up and comparing takes outweighs it. */
const SLOW_ENOUGH_MS = 4;
/** After so many steps without a draft one is tried again: text and machine change. */
const RETRY_STEPS = 48;

/** A step took `ms`, in which `accepted` of `drafted` tokens turned out right; `drafted` is 0 for a plain one. */
export interface DraftedStep {
  readonly depth: number;
  readonly drafted: number;
  readonly accepted: number;
  readonly ms: number;
}

/**
 * Decides how long a draft may be from what drafts have cost and brought on this machine with this model: where a batch of
 * four takes as long as four tokens, the answer is none.
 */
export class DraftGovernor {
  readonly #msByLength = new Map<number, number>();
  #plainMs: number | undefined;
  readonly #acceptance: number[] = [...FIRST_ACCEPTANCE];
  #stepsWithout = 0;

  /** How many tokens a draft from a match of this depth may have now; 0 where none is worth it. */
  length(depth: number): number {
    if (this.#plainMs === undefined || this.#plainMs < SLOW_ENOUGH_MS) return 0;
    const acceptance = this.#acceptance[classOf(depth)] ?? 0;
    let best = 0;
    let bestGain = WORTH_IT;
    for (const length of LENGTHS) {
      const gain = expectedTokens(acceptance, length) / this.#relativeCost(length);
      if (gain > bestGain) [best, bestGain] = [length, gain];
    }
    if (best > 0) return best;
    return this.#stepsWithout >= RETRY_STEPS ? LENGTHS[0] : 0;
  }

  measured(step: DraftedStep): void {
    if (step.drafted === 0) {
      this.#plainMs = blend(this.#plainMs, step.ms);
      this.#stepsWithout++;
      return;
    }
    this.#stepsWithout = 0;
    const bucket = LENGTHS.find(length => length >= step.drafted) ?? LENGTHS[LENGTHS.length - 1] ?? 1;
    this.#msByLength.set(bucket, blend(this.#msByLength.get(bucket), step.ms));
    // The tokens behind a refuted one were never tested.
    const tested = Math.min(step.drafted, step.accepted + 1);
    const depthClass = classOf(step.depth);
    for (let at = 0; at < tested; at++) {
      this.#acceptance[depthClass] = blend(this.#acceptance[depthClass], at < step.accepted ? 1 : 0);
    }
  }

  #relativeCost(length: number): number {
    const ms = this.#msByLength.get(length);
    if (ms === undefined || this.#plainMs === undefined) return 1 + FIRST_COST_PER_TOKEN * length;
    return ms / this.#plainMs;
  }
}

function classOf(depth: number): number {
  return DEPTH_CLASSES.filter(from => depth >= from).length;
}

function expectedTokens(acceptance: number, length: number): number {
  let expected = 1;
  for (let at = 1; at <= length; at++) expected += acceptance ** at;
  return expected;
}

function blend(before: number | undefined, now: number): number {
  return before === undefined ? now : before * (1 - WEIGHT) + now * WEIGHT;
}
