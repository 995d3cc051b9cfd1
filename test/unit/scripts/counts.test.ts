import { expect, it } from 'vitest';
import { type Counts, countsOf, summary } from '../../../scripts/testing/counts.ts';

const none: Counts = { passed: 0, failed: 0, skipped: [] };

it('believes counts that agree with the exit code', () => {
  expect(countsOf({ ...none, passed: 3 }, 0).failed).toBe(0);
  expect(countsOf({ ...none, passed: 3, failed: 2 }, 1).failed).toBe(2);
});

it('counts as failed a run that ended badly, wrote nothing or ran nothing', () => {
  expect(countsOf({ ...none, passed: 3 }, 1).failed).toBe(1);
  expect(countsOf(undefined, 0).failed).toBe(1);
  expect(countsOf(none, 0).failed).toBe(1);
});

it('ends with the sum, alone on its line, after each skip with its reason', () => {
  const skipped = [{ test: 'aborts a stream', reason: 'no Ollama here' }];
  const lines = summary([
    { layer: 'unit', durationMs: 1200, ...none, passed: 10 },
    { layer: 'contract', durationMs: 3400, passed: 4, failed: 1, skipped },
  ]).split('\n');
  expect(lines.at(-1)).toBe('14 passed, 1 failed, 1 skipped');
  expect(lines).toContain('skipped  contract: aborts a stream (no Ollama here)');
  expect(lines.find(line => line.includes('contract   '))).toMatch(/^FAILED .*4 passed, 1 failed, 1 skipped, 3\.4 s$/);
});
