// Which real model servers a test run may talk to. In this order: one that an environment variable names, one that we set
// up and start ourselves (MINNOW_REAL_ENGINES), an Ollama that is installed. Otherwise there is none, and the reason is told.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import type { RunningEngine } from '../../scripts/engines/keeper.ts';

export type EngineName = 'ollama' | 'vllm' | 'llama-server';

const ENGINE_NAMES: readonly EngineName[] = ['ollama', 'vllm', 'llama-server'];
const KEEPER = join(import.meta.dirname, '../../scripts/engines/serve.ts');
const STOP_GRACE_MS = 20_000;

/** A server at hand. `log` and `pid` are there only for one that we started. */
export type RealEngine = Pick<RunningEngine, 'url' | 'model'> & Partial<RunningEngine>;

/**
 * `started` says how another server of the kind can be had, where this one is ours. `failed` is for one that was asked for
 * and could not be had: that is no reason to skip.
 */
export type Presence =
  | { readonly state: 'present'; readonly engine: RealEngine; readonly started?: StartOptions }
  | { readonly state: 'missing'; readonly reason: string }
  | { readonly state: 'failed'; readonly reason: string };

export type Presences = Readonly<Record<EngineName, Presence>>;

export interface StartedEngine {
  readonly engine: RunningEngine;
  stop(): Promise<void>;
}

/** Starts a private server with the tiny model, after having set it up where needed. Rejects with what went wrong. */
export async function startEngine(
  name: EngineName,
  { words = [], ollamaBinary }: StartOptions = {},
  env: NodeJS.ProcessEnv = process.env,
): Promise<StartedEngine> {
  const keeper = spawn(process.execPath, [KEEPER, name, ...words], {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...env, ...(ollamaBinary && { MINNOW_OLLAMA_BIN: ollamaBinary }) },
  });
  let said = '';
  keeper.stderr.on('data', (data: Buffer) => {
    process.stderr.write(data);
    said = (said + data.toString()).slice(-2_000);
  });
  const line = await firstJsonLine(keeper);
  if (line === undefined) throw new Error(`${name} could not be started: ${said.trim() || 'it said nothing'}`);
  return { engine: JSON.parse(line), stop: () => stopKeeper(keeper) };
}

export interface StartOptions {
  /** Flags of the server and NAME=VALUE settings of its environment. */
  readonly words?: readonly string[];
  readonly ollamaBinary?: string;
}

/** Finds or starts all engines at the same time. `stop` ends those that were started. */
export async function gatherEngines(
  env: NodeJS.ProcessEnv,
): Promise<{ presences: Presences; stop: () => Promise<void> }> {
  const started: StartedEngine[] = [];
  const entries = await Promise.all(
    ENGINE_NAMES.map(async name => {
      const presence = await presenceOf(name, env, async options => {
        const engine = await startEngine(name, options, env);
        started.push(engine);
        return engine.engine;
      });
      return [name, presence] as const;
    }),
  );
  return {
    presences: Object.fromEntries(entries) as Presences,
    stop: async () => {
      await Promise.all(started.map(engine => engine.stop()));
    },
  };
}

type Start = (options: StartOptions) => Promise<RunningEngine>;

async function presenceOf(name: EngineName, env: NodeJS.ProcessEnv, start: Start): Promise<Presence> {
  try {
    const prefix = `MINNOW_${name.toUpperCase().replace('-', '_')}`;
    const url = env[`${prefix}_URL`];
    if (url) return { state: 'present', engine: await namedEngine(prefix, url, env) };
    const ollamaBinary = name === 'ollama' ? installedOllama(env) : undefined;
    const options = isWanted(name, env) ? {} : ollamaBinary && { ollamaBinary };
    if (options) return { state: 'present', engine: await start(options), started: options };
    const reason = `no ${name} here: neither ${prefix}_URL nor MINNOW_REAL_ENGINES=all is set`;
    return { state: 'missing', reason };
  } catch (error) {
    return { state: 'failed', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** `all`, or names with commas between them while one engine is worked on. */
function isWanted(name: EngineName, env: NodeJS.ProcessEnv): boolean {
  const wanted = env.MINNOW_REAL_ENGINES?.split(',') ?? [];
  return wanted.includes('all') || wanted.includes(name);
}

async function namedEngine(prefix: string, url: string, env: NodeJS.ProcessEnv): Promise<RealEngine> {
  const key = env[`${prefix}_KEY`];
  const model = env[`${prefix}_MODEL`] ?? (await onlyModel(url, key));
  return { url: url.replace(/\/+$/, ''), model, ...(key && { key }) };
}

async function onlyModel(url: string, key: string | undefined): Promise<string> {
  const headers = key ? { authorization: `Bearer ${key}` } : undefined;
  const options = { ...(headers && { headers }), signal: AbortSignal.timeout(5_000) };
  const reply = await fetch(new URL('/v1/models', url), options).catch(cause => {
    throw new Error(`nothing answers at ${url}`, { cause });
  });
  const { data } = (await reply.json()) as { data?: { id: string }[] };
  const names = data?.map(model => model.id) ?? [];
  const [name] = names;
  if (name === undefined || names.length > 1) {
    throw new Error(`${url} serves ${names.length} models (${names.join(', ')}): name one in …_MODEL`);
  }
  return name;
}

function installedOllama({ PATH = '' }: NodeJS.ProcessEnv): string | undefined {
  return PATH.split(delimiter)
    .map(folder => join(folder, 'ollama'))
    .find(file => statSync(file, { throwIfNoEntry: false })?.isFile());
}

async function firstJsonLine(keeper: ChildProcess): Promise<string | undefined> {
  if (!keeper.stdout) return undefined;
  for await (const line of createInterface({ input: keeper.stdout })) if (line.startsWith('{')) return line;
  return undefined;
}

/** The keeper stops its server when its standard input ends, and ends itself then. */
async function stopKeeper(keeper: ChildProcess): Promise<void> {
  if (keeper.exitCode !== null || keeper.signalCode !== null) return;
  const ended = once(keeper, 'exit');
  keeper.stdin?.end();
  const late = setTimeout(() => keeper.kill('SIGKILL'), STOP_GRACE_MS);
  await ended;
  clearTimeout(late);
}
