// What the set-up scripts of the test engines share: where results are kept, one build at a time, and commands that tell
// how far they are. Nothing here is part of the product: users install an engine themselves.
import { spawn, spawnSync } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, rmSync } from 'node:fs';
import { availableParallelism, setPriority } from 'node:os';
import { join } from 'node:path';
import { cacheFolder } from '../setup/bootstrap.mjs';
import { exclusively } from '../setup/cache.ts';

const HEARTBEAT_MS = 20_000;
const TAIL_CHARS = 3_000;
const BUILD_NICENESS = 10;

/** Outside the checkout, so that a fresh clone finds what an earlier one built. */
export function engineCacheDir(): string {
  const dir = join(cacheFolder(), 'engines');
  try {
    mkdirSync(dir, { recursive: true });
  } catch (cause) {
    throw new SetupError(`engines cannot be kept in ${dir}`, { cause });
  }
  return dir;
}

export function buildJobs(): number {
  return Number(process.env.MINNOW_BUILD_JOBS) || availableParallelism();
}

/** Progress goes to stderr: stdout carries the result. */
export function tell(message: string): void {
  process.stderr.write(`engines: ${message}\n`);
}

/** Rejects with one sentence that says what to do; the stack would say nothing. */
export class SetupError extends Error {
  override readonly name = 'SetupError';
}

export interface Requirement {
  readonly isMet: () => boolean;
  readonly debianPackage: string;
}

export function hasCommand(command: string): boolean {
  return spawnSync('sh', ['-c', `command -v "${command}"`], { stdio: 'ignore' }).status === 0;
}

export function commandNeeded(command: string, debianPackage: string): Requirement {
  return { isMet: () => hasCommand(command), debianPackage };
}

export function fileNeeded(path: string, debianPackage: string): Requirement {
  return { isMet: () => existsSync(path), debianPackage };
}

let aptQueue: Promise<void> = Promise.resolve();

/** Installs what is missing when root on Debian, else rejects with the command to run. One apt at a time. */
export function requireAll(needs: readonly Requirement[]): Promise<void> {
  const turn = aptQueue.then(() => installMissing(needs));
  aptQueue = turn.catch(() => undefined);
  return turn;
}

async function installMissing(needs: readonly Requirement[]): Promise<void> {
  const packages = [...new Set(needs.filter(need => !need.isMet()).map(need => need.debianPackage))];
  if (packages.length === 0) return;
  const list = packages.join(' ');
  if (process.getuid?.() !== 0 || !hasCommand('apt-get')) {
    throw new SetupError(`missing on this machine: ${list}. On Debian or Ubuntu: sudo apt-get install ${list}`);
  }
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = ['-o', 'DPkg::Lock::Timeout=300', '-qq'];
  const log = join(engineCacheDir(), 'apt.log');
  await runStep({ what: 'refreshing the package lists', command: 'apt-get', args: [...apt, 'update'], log, env });
  const args = [...apt, 'install', '-y', '--no-install-recommends', ...packages];
  await runStep({ what: `installing ${list}`, command: 'apt-get', args, log, env });
  const still = needs.filter(need => !need.isMet()).map(need => need.debianPackage);
  if (still.length > 0) throw new SetupError(`still missing after the installation of ${still.join(' ')}; see ${log}`);
}

export interface Step {
  readonly what: string;
  readonly command: string;
  readonly args: readonly string[];
  /** Takes everything that the command prints; its end is shown when the command fails. */
  readonly log: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
}

/** Runs one command at a low priority and says every few seconds that it still runs. */
export async function runStep(step: Step): Promise<void> {
  const startedMs = Date.now();
  const seconds = () => Math.round((Date.now() - startedMs) / 1000);
  tell(`${step.what} …`);
  const out = createWriteStream(step.log, { flags: 'a' });
  const child = spawn(step.command, step.args, {
    cwd: step.cwd,
    env: step.env ?? process.env,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (data: Buffer) => {
      out.write(data);
      tail = (tail + data.toString()).slice(-TAIL_CHARS);
    });
  }
  if (child.pid !== undefined) lowerPriority(child.pid);
  const heartbeat = setInterval(() => tell(`${step.what}: ${seconds()} s`), HEARTBEAT_MS);
  const how = await new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message));
    child.once('close', (code, signal) => resolve(code === 0 ? '' : `ended with ${signal ?? code}`));
  });
  clearInterval(heartbeat);
  out.end();
  if (how) throw new SetupError(`${step.what}: ${step.command} ${how}; log ${step.log}\n${tail}`);
  tell(`${step.what}: done in ${seconds()} s`);
}

function lowerPriority(pid: number): void {
  try {
    setPriority(pid, BUILD_NICENESS);
  } catch {
    // It has ended already, or this machine does not allow it: then it runs as it is.
  }
}

export interface BuildPlan {
  /** The folder or file in the cache; its name carries everything that decides the result. */
  readonly result: string;
  readonly isUsable: () => boolean;
  /** Fills `result` from nothing; `scratch` is empty and is removed afterwards. */
  readonly build: (scratch: string) => Promise<void>;
  /** Builds of one kind run one after another: two compilers at once would only be in each other's way. */
  readonly kind: 'compile' | 'install';
}

/** Hands back a result that is there, else builds it, while others that want the same one wait. */
export async function buildOnce({ result, isUsable, build, kind }: BuildPlan): Promise<string> {
  if (isUsable()) return result;
  return exclusively(`engines-${kind}`, async () => {
    if (isUsable()) return result;
    const scratch = `${result}.building`;
    rmSync(scratch, { recursive: true, force: true });
    mkdirSync(scratch, { recursive: true });
    try {
      await build(scratch);
    } finally {
      rmSync(scratch, { recursive: true, force: true });
    }
    if (!isUsable()) throw new SetupError(`${result} was built but does not work`);
    return result;
  });
}
