import { describe, expect, it } from 'vitest';
import {
  formatAge,
  formatBytes,
  formatCost,
  formatCount,
  formatDuration,
  formatPercent,
  formatShare,
  formatSpeed,
  formatTimeOfDay,
  formatTokens,
} from '../../../src/base/format.ts';

describe('format', () => {
  it.each([
    [undefined, '—'],
    [0, '0 ms'],
    [0.3, '<1 ms'],
    [84.4, '84 ms'],
    [999.4, '999 ms'],
    [999.6, '1.00 s'],
    [1240, '1.24 s'],
    [12_400, '12.4 s'],
    [124_000, '124 s'],
    [744_000, '12.4 min'],
  ])('writes a duration of %s ms as %s', (value, text) => expect(formatDuration(value)).toBe(text));

  it.each([
    [undefined, '—'],
    [38.64, '38.6 tok/s'],
    [9.994, '9.99 tok/s'],
    [9.996, '10.0 tok/s'],
    [104.2, '104 tok/s'],
    [1240, '1,240 tok/s'],
  ])('writes a speed of %s as %s', (value, text) => expect(formatSpeed(value)).toBe(text));

  it.each([
    [undefined, '—'],
    [0, '$0'],
    [1, '$0.000001'],
    [3100, '$0.0031'],
    [13_149, '$0.0131'],
    [500_000, '$0.50'],
    [5_000_000, '$5.00'],
    [1_234_567_000, '$1,234.57'],
  ])('writes a cost of %s millionths as %s', (value, text) => expect(formatCost(value)).toBe(text));

  it.each([
    [undefined, '—'],
    [0, '0 B'],
    [999, '999 B'],
    [12_400, '12.4 KB'],
    [137_000_000, '137 MB'],
    [1_930_000_000, '1.9 GB'],
    [999_600_000, '1.0 GB'],
    [2_500_000_000_000, '2.5 TB'],
  ])('writes %s bytes as %s', (value, text) => expect(formatBytes(value)).toBe(text));

  it.each([
    [-5, '0 s'],
    [4340, '4 s'],
    [150_000, '3 min'],
    [7_200_000, '2 h'],
  ])('writes that something was %s ms ago as %s', (value, text) => expect(formatAge(value)).toBe(text));

  it('groups counts and names the unit of tokens', () => {
    expect(formatCount(6120)).toBe('6,120');
    expect(formatTokens(1204)).toBe('1,204 tok');
    expect(formatTokens(undefined)).toBe('—');
  });

  it('names how few cases a share stands on', () => {
    expect(formatShare(3, 9)).toBe('33 % (n = 9)');
    expect(formatShare(128, 412)).toBe('31 %');
    expect(formatShare(0, 0)).toBe('—');
    expect(formatPercent(0.384)).toBe('38 %');
  });

  it('writes the time of day with 24 hours', () => {
    expect(formatTimeOfDay(Date.UTC(2026, 10, 23, 0, 4, 31), 'UTC')).toBe('00:04:31');
  });
});
