// Under Node 24: installs the dependencies when the lock has changed, then runs the task. What a task needs besides (an
// editor, a browser) it asks for itself.
import { copyFile, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ensureEmbedded, isEmbeddedInstalled } from '../embedded.mjs';
import { exclusivelyHere } from './cache.ts';
import { npm } from './npmPackage.mjs';
import { REPOSITORY } from './paths.ts';
import { step } from './step.ts';

const [task, ...args] = process.argv.slice(2);
process.argv.splice(2, process.argv.length, ...args);

try {
  await exclusivelyHere('dependencies', ensureDependencies);
  await exclusivelyHere('embedded', ensureEngine);
  await import(`../${task}.ts`);
} catch (error) {
  console.error(error);
  // Through the exit handlers, which end what the task has started.
  process.exit(1);
}

async function ensureDependencies(): Promise<void> {
  const lock = join(REPOSITORY, 'package-lock.json');
  const stamp = join(REPOSITORY, 'node_modules', '.installed-lock.json');
  const installed = await readFile(stamp, 'utf8').catch(() => '');
  if (installed === (await readFile(lock, 'utf8'))) return;
  await step('dependencies', async () => {
    await npm(['ci'], REPOSITORY);
    await copyFile(lock, stamp);
  });
}

/** Everything else works without it: a machine for which there is none only goes without. */
async function ensureEngine(): Promise<void> {
  if (isEmbeddedInstalled()) return;
  const isThere = await step('embedded engine', async () => ensureEmbedded());
  if (!isThere) console.log('setup  the embedded engine could not be installed; Minnow is built without it');
}
