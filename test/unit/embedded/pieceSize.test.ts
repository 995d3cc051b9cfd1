import { describe, expect, it } from 'vitest';
import { PieceSize } from '../../../src/embedded/pieceSize.ts';

describe('piece size', () => {
  it('is what the measured speed reads in 60 ms', () => {
    const size = new PieceSize(512);
    for (let piece = 0; piece < 20; piece++) size.measured(32, 32);
    expect(size.next()).toBe(60);
  });

  it('never exceeds a batch and never falls to single tokens', () => {
    const fast = new PieceSize(256);
    fast.measured(256, 10);
    expect(fast.next()).toBe(256);
    const slow = new PieceSize(256);
    slow.measured(32, 10_000);
    expect(slow.next()).toBe(8);
  });

  it('learns nothing from a few tokens, whose fixed cost outweighs them', () => {
    const size = new PieceSize(256);
    const before = size.next();
    size.measured(1, 50);
    expect(size.next()).toBe(before);
  });

  it('follows a machine that has become slower', () => {
    const size = new PieceSize(256);
    for (let piece = 0; piece < 10; piece++) size.measured(100, 50);
    const quick = size.next();
    for (let piece = 0; piece < 10; piece++) size.measured(100, 500);
    expect(size.next()).toBeLessThan(quick / 5);
  });
});
