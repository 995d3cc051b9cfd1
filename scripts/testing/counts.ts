/** What came of one layer of tests. Each skip says why. */
export interface Counts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly Skip[];
}

export interface Skip {
  readonly test: string;
  readonly reason: string;
}

export interface LayerResult extends Counts {
  readonly layer: string;
  readonly durationMs: number;
}

/** Where a child that runs tests writes its Counts as JSON. */
export const COUNTS_FILE_VARIABLE = 'MINNOW_TEST_COUNTS';

/**
 * What to believe of a child that ran tests: its own counts, unless it exited otherwise than they say. A child that wrote
 * none, or counted nothing, has failed.
 */
export function countsOf(written: Counts | undefined, exitCode: number): Counts {
  if (!written) return { passed: 0, failed: 1, skipped: [] };
  const ranNothing = written.passed + written.failed + written.skipped.length === 0;
  const hiddenFailure = written.failed === 0 && (exitCode !== 0 || ranNothing);
  return hiddenFailure ? { ...written, failed: 1 } : written;
}

export function addCounts(one: Counts, other: Counts): Counts {
  return {
    passed: one.passed + other.passed,
    failed: one.failed + other.failed,
    skipped: [...one.skipped, ...other.skipped],
  };
}

/** The end of a test run: skips with their reasons, a line a layer, and alone on the last line the sum. */
export function summary(results: readonly LayerResult[]): string {
  const skips = results.flatMap(({ layer, skipped }) =>
    skipped.map(({ test, reason }) => `skipped  ${layer}: ${test} (${reason})`),
  );
  const layers = results.map(result => {
    const { layer, durationMs, passed, failed, skipped } = result;
    const counts = `${passed} passed, ${failed} failed, ${skipped.length} skipped`;
    return `${failed > 0 ? 'FAILED ' : 'ok     '}  ${layer.padEnd(10)} ${counts}, ${(durationMs / 1000).toFixed(1)} s`;
  });
  const sum = (count: (result: LayerResult) => number) => results.reduce((total, result) => total + count(result), 0);
  const total = `${sum(r => r.passed)} passed, ${sum(r => r.failed)} failed, ${sum(r => r.skipped.length)} skipped`;
  return ['', ...skips, ...layers, '', total].join('\n');
}
