import { describe, expect, it } from 'vitest';
import { DraftGovernor } from '../../../src/embedded/draftGovernor.ts';

interface Machine {
  /** What a batch of so many tokens takes. */
  readonly msOf: (tokens: number) => number;
  /** How many of the drafted tokens turn out right. */
  readonly acceptedOf: (drafted: number) => number;
}

/** Steps as the engine takes them, and how many of the last twenty had a draft. */
function work(governor: DraftGovernor, { msOf, acceptedOf }: Machine, steps = 200, depth = 4): number {
  let drafts = 0;
  for (let step = 0; step < steps; step++) {
    const drafted = governor.length(depth);
    governor.measured({ depth, drafted, accepted: acceptedOf(drafted), ms: msOf(drafted + 1) });
    if (drafted > 0 && step >= steps - 20) drafts++;
  }
  return drafts;
}

describe('draft governor', () => {
  it('drafts nothing before it knows what a plain step takes', () => {
    expect(new DraftGovernor().length(8)).toBe(0);
  });

  it('drafts long where batches cost little and guesses are right', () => {
    const governor = new DraftGovernor();
    expect(work(governor, { msOf: tokens => 30 + tokens, acceptedOf: drafted => drafted })).toBe(20);
    expect(governor.length(4)).toBe(7);
  });

  it('stops where a batch takes as long as its tokens one by one', () => {
    const governor = new DraftGovernor();
    expect(work(governor, { msOf: tokens => 10 * tokens, acceptedOf: drafted => Math.min(1, drafted) })).toBeLessThan(
      2,
    );
  });

  it('stops where guesses are wrong', () => {
    const governor = new DraftGovernor();
    expect(work(governor, { msOf: tokens => 30 + 5 * tokens, acceptedOf: () => 0 })).toBeLessThan(2);
  });

  it('leaves models alone that are faster than a lookup pays for', () => {
    const governor = new DraftGovernor();
    expect(work(governor, { msOf: tokens => 1 + tokens / 10, acceptedOf: drafted => drafted })).toBe(0);
  });

  it('tries again after a while: texts and machines change', () => {
    const governor = new DraftGovernor();
    work(governor, { msOf: tokens => 30 + 5 * tokens, acceptedOf: () => 0 });
    expect(work(governor, { msOf: tokens => 30 + tokens, acceptedOf: drafted => drafted }, 1000)).toBe(20);
  });

  it('trusts long agreement more than short', () => {
    const governor = new DraftGovernor();
    const machine = { msOf: (tokens: number) => 30 + 4 * tokens };
    work(governor, { ...machine, acceptedOf: () => 0 }, 100, 2);
    work(governor, { ...machine, acceptedOf: drafted => drafted }, 100, 16);
    expect(governor.length(2)).toBeLessThan(governor.length(16));
  });
});
