// npm run bench -- --embedded: the built-in engine with the model that comes with Minnow, in real time.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createHttp } from '../../src/backends/http.ts';
import { createOpenAiBackend } from '../../src/backends/openAiCompatible.ts';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createEmbeddedSupervisor, type EmbeddedState } from '../../src/embedded/supervisor.ts';
import { measure } from './metrics.ts';
import { createMinnowClient } from './minnowClient.ts';
import { recording } from './recordingBackend.ts';
import { replay } from './replay.ts';
import type { ReplayLog } from './replayLog.ts';
import { describeMachine, table } from './report.ts';
import { loadTraces, type Trace } from './traces.ts';

const ROOT = join(import.meta.dirname, '../..');
const SERVER = join(ROOT, 'dist/embedded/server.mjs');
const MODEL = join(ROOT, 'media/models/minnow-tiny/minnow-tiny-q8_0.gguf');

export async function runEmbedded(out: string, maxKeys: number): Promise<void> {
  if (!existsSync(SERVER)) throw new Error('build first: npm run build');
  const supervisor = createEmbeddedSupervisor({
    clock: systemClock,
    logger: silentLogger,
    serverFile: SERVER,
    defaultModelPath: MODEL,
    choice: { modelPath: '', contextTokens: 2048, threads: 0 },
  });
  try {
    const state = await supervisor.start(new AbortController().signal);
    if (state.kind !== 'ready') throw new Error(`the embedded engine is ${JSON.stringify(state)}`);
    const columns = [];
    const traces = loadTraces('small');
    for (const situation of ['endOfFile', 'textBelow'] as const) {
      const logs: ReplayLog[] = [];
      for (const trace of traces.filter(one => one.situation === situation))
        logs.push(await typeWith(state, trace, maxKeys));
      columns.push({ title: `minnow, embedded, ${situation}`, metrics: measure(logs) });
    }
    const result = { date: new Date().toISOString(), machine: describeMachine(), columns };
    mkdirSync(out, { recursive: true });
    writeFileSync(join(out, 'embedded.json'), `${JSON.stringify(result, undefined, 2)}\n`);
    console.log(`small programs, embedded engine, ${result.machine}\n\n${table(columns)}`);
  } finally {
    supervisor.dispose();
  }
}

async function typeWith(
  state: Extract<EmbeddedState, { kind: 'ready' }>,
  trace: Trace,
  maxKeys: number,
): Promise<ReplayLog> {
  const http = createHttp({ clock: systemClock });
  const keyFor = async () => state.token;
  const needs = { http, clock: systemClock, url: `${state.url}/v1`, keyFor, flavor: 'minnow' } as const;
  const backend = recording(createOpenAiBackend(needs), systemClock, [trace.document]);
  const [listed] = unwrap(await backend.listModels({ signal: new AbortController().signal }));
  if (!listed) throw new Error('the embedded engine lists no model');
  const model = unwrap(await backend.describeModel(listed.name, { signal: new AbortController().signal }));
  const client = createMinnowClient({ clock: systemClock, backend, model });
  const engine = {
    requests: backend.requests,
    get busyMs() {
      return backend.requests.reduce((all, one) => all + (one.endedAtMs ?? one.arrivedAtMs) - one.arrivedAtMs, 0);
    },
  };
  try {
    return await replay(trace, { client, engine, clock: keptAlive }, { maxKeys });
  } finally {
    client.dispose();
    http.dispose();
  }
}

/** The system's timers do not keep a process alive, and a replay consists of timers. */
const keptAlive = {
  ...systemClock,
  after(delayMs: number, call: () => void) {
    const timer = setTimeout(call, delayMs);
    return { dispose: () => clearTimeout(timer) };
  },
};

function unwrap<T>(
  result: { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: unknown },
): T {
  if (!result.ok) throw new Error(JSON.stringify(result.error));
  return result.value;
}
