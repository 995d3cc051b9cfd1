import { describe, expect, it } from 'vitest';
import { ThreadGovernor, threadLimit } from '../../../src/embedded/threadGovernor.ts';

/** Feeds it a machine on which a token takes `msPerToken(threads)`. */
function work(governor: ThreadGovernor, tokens: number, msPerToken: (threads: number) => number): void {
  for (let token = 0; token < tokens; token++) governor.measured(msPerToken(governor.threads));
}

describe('thread limit', () => {
  it.each([
    [1, 0, 1],
    [2, 0, 1],
    [4, 0, 2],
    [8, 0, 4],
    [32, 0, 4],
    [8, 2, 2],
    [8, 16, 4],
  ])('of %i cores, wanted %i: %i', (cores, wanted, expected) => {
    expect(threadLimit(cores, wanted)).toBe(expected);
  });
});

describe('thread governor', () => {
  it('starts with one thread, so that a busy machine never pays for many', () => {
    expect(new ThreadGovernor(4).threads).toBe(1);
  });

  it('climbs while more threads help', () => {
    const governor = new ThreadGovernor(4);
    work(governor, 40, threads => 100 / threads);
    expect(governor.threads).toBe(4);
    expect(governor.isSettled).toBe(true);
  });

  it('stays where more threads stop helping', () => {
    const governor = new ThreadGovernor(4);
    work(governor, 40, threads => [0, 100, 55, 54, 53][threads] ?? 0);
    expect(governor.threads).toBe(2);
  });

  it('tries no further once one more was worse', () => {
    const governor = new ThreadGovernor(4);
    const tried = new Set<number>();
    work(governor, 40, threads => {
      tried.add(threads);
      return threads === 1 ? 1 : 1000;
    });
    expect([...tried]).toEqual([1, 2]);
    expect(governor.threads).toBe(1);
  });

  it('goes back to fewer when the machine becomes busy', () => {
    const governor = new ThreadGovernor(2);
    work(governor, 20, threads => 100 / threads);
    expect(governor.threads).toBe(2);
    work(governor, 40, threads => (threads === 2 ? 900 : 110));
    expect(governor.threads).toBe(1);
  });

  it('gives up more threads after one token that took far too long', () => {
    const governor = new ThreadGovernor(2);
    work(governor, 4, () => 1);
    expect(governor.threads).toBe(2);
    governor.measured(500);
    expect(governor.threads).toBe(1);
    const settled = new ThreadGovernor(2);
    work(settled, 20, threads => 100 / threads);
    settled.measured(5_000);
    expect(settled.threads).toBe(1);
  });

  it('comes back to more when the machine has become quiet', () => {
    const governor = new ThreadGovernor(2);
    work(governor, 20, threads => (threads === 2 ? 900 : 110));
    expect(governor.threads).toBe(1);
    work(governor, 600, threads => 100 / threads);
    expect(governor.threads).toBe(2);
  });

  it('is settled at once where there is no choice', () => {
    const governor = new ThreadGovernor(1);
    work(governor, 4, () => 1);
    expect(governor.isSettled).toBe(true);
  });
});
