// Runs one engine for as long as somebody holds this process's standard input open, so that a test run that is killed
// leaves no server behind. Prints one line of JSON when the engine is ready.
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { SetupError } from './workshop.ts';

const POLL_MS = 50;
const STOP_GRACE_MS = 8_000;
const TAIL_CHARS = 2_000;

/** What an engine that runs looks like from outside. */
export interface RunningEngine {
  readonly url: string;
  readonly model: string;
  readonly key?: string;
  readonly pid: number;
  /** Everything that the server prints. */
  readonly log: string;
}

export interface ServerPlan {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Its HOME and everything else that it writes; removed when it ends. */
  readonly home: string;
  readonly readyMs: number;
  /** The address, as soon as the server answers there; asked again and again until then. */
  readonly probe: (logText: string) => Promise<string | undefined>;
}

export interface KeptServer {
  readonly url: string;
  readonly pid: number;
  readonly log: string;
  /** Resolves with how the server ended. */
  readonly ended: Promise<string>;
  readonly stop: () => Promise<void>;
}

/** A folder of the server's own, short enough for the sockets that some engines put into it. */
export function makeHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'minnow-engine-'));
  mkdirSync(join(home, 'tmp'));
  return home;
}

/** For servers that cannot be told to choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  await new Promise(resolve => server.close(resolve));
  if (address === null || typeof address === 'string') throw new Error('a listening socket has a port');
  return address.port;
}

export async function answers(url: string): Promise<boolean> {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}

export async function startServer(plan: ServerPlan): Promise<KeptServer> {
  const log = join(plan.home, 'server.log');
  // A file and not a pipe: a reader that falls behind can never block the server.
  const output = openSync(log, 'w');
  const child = spawn(plan.command, plan.args, {
    // A process group of its own, so that what the server started ends with it.
    detached: true,
    stdio: ['ignore', output, output],
    env: { PATH: process.env.PATH, HOME: plan.home, TMPDIR: join(plan.home, 'tmp'), NO_PROXY: '*', ...plan.env },
  });
  closeSync(output);
  let how: string | undefined;
  const ended = new Promise<string>(resolve => {
    child.once('error', error => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `status ${code}`));
  });
  ended.then(text => {
    how = text;
  });
  const stop = async () => {
    if (how === undefined) child.kill('SIGTERM');
    await Promise.race([ended, pause(STOP_GRACE_MS, undefined, { ref: false })]);
    killGroup(child.pid);
    await ended;
    rmSync(plan.home, { recursive: true, force: true, maxRetries: 5 });
  };
  for (const deadline = Date.now() + plan.readyMs; how === undefined && Date.now() < deadline; await pause(POLL_MS)) {
    const url = await plan.probe(readFileSync(log, 'utf8'));
    if (url && child.pid !== undefined) return { url, pid: child.pid, log, ended, stop };
  }
  const why = how === undefined ? `was not ready after ${plan.readyMs} ms` : `ended early (${how})`;
  const tail = readFileSync(log, 'utf8').slice(-TAIL_CHARS);
  await stop();
  throw new SetupError(`${plan.name} ${why}\n${tail}`);
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is gone, which is what was wanted.
  }
}

/** Says that the engine is ready, then stays until standard input or the engine ends, or a signal comes. */
export async function keep(server: KeptServer, engine: RunningEngine): Promise<void> {
  process.stdout.write(`${JSON.stringify(engine)}\n`);
  const wanted = new Promise<string>(resolve => {
    process.stdin.once('end', () => resolve('stopped')).once('error', () => resolve('stopped'));
    process.stdin.resume();
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve('stopped'));
  });
  const how = await Promise.race([wanted, server.ended]);
  await server.stop();
  process.stdin.destroy();
  if (how !== 'stopped') throw new SetupError(`the engine ended by itself (${how})`);
}
