/**
 * What speaks for a suggestion before it is shown. `begun`: the user typed its first characters, `agreed`: more of them.
 * `continuing`: it goes on from
 * what the user took or typed of the same answer. `first`: nothing yet. `retry`: another was contradicted on this line.
 */
export type Standing = 'begun' | 'agreed' | 'continuing' | 'first' | 'retry';

/** How often suggestions of a standing are taken to come true before any was seen. */
const ASSUMED: Readonly<Record<Standing, number>> = {
  begun: 0.8,
  agreed: 0.9,
  continuing: 0.8,
  first: 0.7,
  retry: 0.4,
};
const WEIGHT_OF_NEW = 0.06;
/** What comes true this often is shown at once. */
const ENOUGH = 0.65;
/** Long enough for the next key of somebody who is typing, short enough for a pause to be answered within 300 ms. */
const HOLD_MS = 200;

export type Fate = 'cameTrue' | 'contradicted';

/** What is known of a suggestion before anybody has seen it. */
export interface Evidence {
  readonly standing: Standing;
  /** How sure the model was of it: the mean log-probability of its tokens, where the server tells. */
  readonly meanLogprob: number | undefined;
}

/** The user has typed or taken some of it, or of what it goes on from. */
export function isAgreed({ standing }: Evidence): boolean {
  return standing !== 'first' && standing !== 'retry';
}

/**
 * Learns how often suggestions come true and has the doubtful ones wait until the typing has stopped: text that the next key
 * contradicts was read for nothing. What is typed meanwhile decides it sooner.
 */
export class Trust {
  readonly #rightShare: Record<Standing, number> = { ...ASSUMED };
  readonly #sureness = new Sureness();

  /** How long after the last key a suggestion is held back; what goes on from something the user agreed with never is. */
  holdMs(evidence: Evidence): number {
    return isAgreed(evidence) || this.#likelihood(evidence) >= ENOUGH ? 0 : HOLD_MS;
  }

  learn({ standing, meanLogprob }: Evidence, fate: Fate): void {
    const share = this.#rightShare[standing];
    this.#rightShare[standing] = share + WEIGHT_OF_NEW * ((fate === 'cameTrue' ? 1 : 0) - share);
    if (meanLogprob !== undefined) this.#sureness.learn(meanLogprob, fate);
  }

  #likelihood({ standing, meanLogprob }: Evidence): number {
    const share = this.#rightShare[standing];
    if (meanLogprob === undefined) return share;
    const odds = (share / (1 - share + 1e-6)) * this.#sureness.ratio(meanLogprob);
    return odds / (1 + odds);
  }
}

/**
 * How a model's sureness tells its right lines from its wrong ones. The logarithm of the mean log-probability spreads about
 * evenly around one value for the right and another for the wrong; both are learned, from what a small model showed on 837
 * places (npm run bench's confidence.ts: 0.74 of the area under the curve).
 */
class Sureness {
  readonly #of: Record<Fate, Spread> = {
    cameTrue: { mean: Math.log(0.048), variance: 1.4 ** 2 },
    contradicted: { mean: Math.log(0.146), variance: 1.2 ** 2 },
  };

  /** How much more often right lines are so sure than wrong ones are. */
  ratio(meanLogprob: number): number {
    const x = sureness(meanLogprob);
    const ratio = density(x, this.#of.cameTrue) / density(x, this.#of.contradicted);
    return Math.min(MAX_RATIO, Math.max(1 / MAX_RATIO, ratio));
  }

  learn(meanLogprob: number, fate: Fate): void {
    const { mean, variance } = this.#of[fate];
    const off = sureness(meanLogprob) - mean;
    this.#of[fate] = {
      mean: mean + SURENESS_WEIGHT * off,
      variance: Math.max(MIN_VARIANCE, variance + SURENESS_WEIGHT * (off * off - variance)),
    };
  }
}

interface Spread {
  readonly mean: number;
  readonly variance: number;
}

const SURENESS_WEIGHT = 0.02;
const MIN_VARIANCE = 0.1;
/** No more is believed of a single number. */
const MAX_RATIO = 10;

function sureness(meanLogprob: number): number {
  return Math.log(Math.max(1e-4, -meanLogprob));
}

function density(x: number, { mean, variance }: Spread): number {
  return Math.exp(-((x - mean) ** 2) / (2 * variance)) / Math.sqrt(variance);
}
