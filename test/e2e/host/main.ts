// Runs inside the extension host of a real VS Code: `vscode` is the real API there. Bundled by scripts/testing/host.ts.
import { writeFileSync } from 'node:fs';
import Mocha from 'mocha';
import { COUNTS_FILE_VARIABLE, type Counts } from '../../../scripts/testing/counts.ts';
import { OUTPUT_MARK } from './output.ts';

const TEST_LIMIT_MS = 60_000;

/** VS Code calls this and ends with an error when the promise is rejected. */
export async function run(): Promise<void> {
  const mocha = new Mocha({ ui: 'bdd', timeout: TEST_LIMIT_MS, reporter: MarkedReporter });
  mocha.suite.emit('pre-require', globalThis, '', mocha);
  await import('./activation.suite.ts');
  await import('./gating.suite.ts');
  await import('./fate.suite.ts');
  await import('./documents.suite.ts');
  await import('./network.suite.ts');
  const counts = await new Promise<Counts>(resolve => {
    const runner = mocha.run(() => resolve(countsOf(runner)));
  });
  const file = process.env[COUNTS_FILE_VARIABLE];
  if (file) writeFileSync(file, JSON.stringify(counts));
  if (counts.failed > 0) throw new Error(`${counts.failed} failed`);
}

function countsOf(runner: Mocha.Runner): Counts {
  const tests: Mocha.Test[] = [];
  runner.suite.eachTest(test => {
    tests.push(test);
  });
  const skipped = tests.filter(test => test.isPending());
  return {
    passed: runner.stats?.passes ?? 0,
    failed: runner.stats?.failures ?? 1,
    skipped: skipped.map(test => ({ test: test.fullTitle(), reason: 'no reason given' })),
  };
}

class MarkedReporter extends Mocha.reporters.Base {
  constructor(runner: Mocha.Runner) {
    super(runner);
    const { EVENT_TEST_PASS, EVENT_TEST_FAIL } = Mocha.Runner.constants;
    runner.on(EVENT_TEST_PASS, test => say(` ✓ ${test.fullTitle()} ${test.duration ?? 0}ms`));
    runner.on(EVENT_TEST_FAIL, (test, error) => say(` × ${test.fullTitle()}\n${error.stack ?? error.message}`));
  }
}

function say(text: string): void {
  for (const line of text.split('\n')) console.log(OUTPUT_MARK + line);
}
