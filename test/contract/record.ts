// node test/contract/record.ts
// Runs the contract against the real engines, which it sets up where needed, and keeps what they were asked and said under
// test/fixtures/recordings. A test that fails leaves its recording as bad as it is: look at the run before committing.
import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
rmSync(resolve(root, 'test/fixtures/recordings'), { recursive: true, force: true });
const vitest = resolve(root, 'node_modules/vitest/vitest.mjs');
const run = spawnSync(process.execPath, [vitest, 'run', '--project', 'contract', 'realEngines'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, MINNOW_RECORD: '1', MINNOW_REAL_ENGINES: 'all' },
});
process.exitCode = run.status ?? 1;
