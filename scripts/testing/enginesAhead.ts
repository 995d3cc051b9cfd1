import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { OUT, REPOSITORY } from '../setup/paths.ts';

/**
 * Begins to build the real engines, at a low priority and while other layers run: on a small machine they take longer than all
 * of those, which mostly wait for an editor. Resolves when that is over, however it went: the contract's own set-up finds what
 * is there, tries again what is not, and fails where it must.
 */
export function buildEnginesAhead(): Promise<void> {
  mkdirSync(OUT, { recursive: true });
  const log = openSync(join(OUT, 'engines.log'), 'w');
  const child = spawn(process.execPath, ['scripts/engines/setup.ts'], {
    cwd: REPOSITORY,
    stdio: ['ignore', log, log],
    // A group of its own, so that the compilers below it end with it.
    detached: true,
  });
  const end = () => endGroup(child);
  process.once('exit', end);
  return new Promise(resolve => {
    const over = () => {
      process.off('exit', end);
      resolve();
    };
    child.once('exit', over);
    child.once('error', over);
  });
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // All of it has ended already.
  }
}
