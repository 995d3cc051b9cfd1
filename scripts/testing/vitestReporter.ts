import { writeFileSync } from 'node:fs';
import type { Reporter, TestCase, TestModule } from 'vitest/node';
import { COUNTS_FILE_VARIABLE, type Counts } from './counts.ts';

/** Tells scripts/test.ts what came of a run, with the reason of each skip, which vitest's own JSON leaves out. */
// biome-ignore lint/style/noDefaultExport: vitest loads a reporter by its default export.
export default class CountsReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const file = process.env[COUNTS_FILE_VARIABLE];
    if (!file) return;
    const tests = modules.flatMap(module => [...module.children.allTests()]);
    const modulesThatFailedToLoad = modules.filter(module => !module.ok() && module.children.size === 0).length;
    const counts: Counts = {
      passed: tests.filter(test => test.result().state === 'passed').length,
      failed: tests.filter(failed).length + modulesThatFailedToLoad + unhandledErrors.length,
      skipped: tests.filter(test => test.result().state === 'skipped').map(skip),
    };
    writeFileSync(file, JSON.stringify(counts));
  }
}

/** A test that never got a result counts as failed: its file was cut off. */
function failed(test: TestCase): boolean {
  const { state } = test.result();
  return state === 'failed' || state === 'pending';
}

function skip(test: TestCase): { test: string; reason: string } {
  const result = test.result();
  const note = result.state === 'skipped' ? result.note : undefined;
  return { test: test.fullName, reason: note ?? 'no reason given' };
}
