import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { REPOSITORY } from '../setup/paths.ts';
import { COUNTS_FILE_VARIABLE, type Counts, countsOf } from './counts.ts';

type Environment = Readonly<Record<string, string>>;

/** Runs a JavaScript program with this Node, its output shown as it comes. Resolves with the exit code. */
export function runNode(args: readonly string[], env: Environment = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd: REPOSITORY,
      stdio: 'inherit',
      env: { ...process.env, ...env },
    });
    child.once('error', reject);
    child.once('exit', code => resolve(code ?? 1));
  });
}

/** A check that either holds or does not: it counts as one test. */
export async function check(...commands: readonly (readonly string[])[]): Promise<Counts> {
  let failed = 0;
  for (const args of commands) if ((await runNode(args)) !== 0) failed++;
  return { passed: commands.length - failed, failed, skipped: [] };
}

/** Runs a program that writes its Counts where the environment says. */
export async function countedRun(args: readonly string[], env: Environment = {}): Promise<Counts> {
  const folder = mkdtempSync(join(tmpdir(), 'minnow-counts-'));
  const file = join(folder, 'counts.json');
  try {
    const exitCode = await runNode(args, { ...env, [COUNTS_FILE_VARIABLE]: file });
    return countsOf(readCounts(file), exitCode);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function readCounts(file: string): Counts | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
