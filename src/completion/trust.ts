/**
 * What speaks for a suggestion before it is shown. `agreed`: the user has begun to type it. `continuing`: it goes on from
 * what the user took or typed of the same answer. `first`: nothing yet. `retry`: another was contradicted on this line.
 */
export type Standing = 'agreed' | 'continuing' | 'first' | 'retry';

/** How often suggestions of a standing are taken to come true before any was seen. */
const ASSUMED: Readonly<Record<Standing, number>> = { agreed: 0.9, continuing: 0.8, first: 0.7, retry: 0.4 };
const WEIGHT_OF_NEW = 0.06;
/** What comes true this often is shown at once. */
const ENOUGH = 0.5;
const HOLD_MS = 600;

/**
 * Learns how often suggestions come true and has the doubtful ones wait for a pause: text that the next key contradicts was
 * read for nothing, and people take more of what comes when they have stopped (arXiv 2511.18842). What they type meanwhile
 * decides it sooner.
 */
export class Trust {
  readonly #rightShare: Record<Standing, number> = { ...ASSUMED };

  /** How long after the last key a suggestion of this standing is held back. */
  holdMs(standing: Standing): number {
    return this.#rightShare[standing] >= ENOUGH ? 0 : HOLD_MS;
  }

  learn(standing: Standing, what: 'cameTrue' | 'contradicted'): void {
    const share = this.#rightShare[standing];
    this.#rightShare[standing] = share + WEIGHT_OF_NEW * ((what === 'cameTrue' ? 1 : 0) - share);
  }
}
