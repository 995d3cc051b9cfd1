// npm run bench [-- --set heldOut --clients minnow,naive --keys 300 --abort readsPromptToEnd]: see docs/performance.md.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { RequestRecord } from '../../src/metering/requestRecord.ts';
import type { BenchClient } from './benchClient.ts';
import { runEmbedded } from './embedded.ts';
import { createEngineBackend, emulatedFacts } from './engineBackend.ts';
import { runLoad } from './load.ts';
import { type Metrics, measure } from './metrics.ts';
import { createMinnowClient } from './minnowClient.ts';
import { createNaiveClient } from './naiveClient.ts';
import { createOracle } from './oracle.ts';
import { replay } from './replay.ts';
import type { ReplayLog } from './replayLog.ts';
import { describeMachine, recordTable, table } from './report.ts';
import { runRetrieval } from './retrieval/main.ts';
import { createSlotEngine, DEFAULT_ENGINE, type EngineSettings, type SlotEngine } from './slotEngine.ts';
import { loadTraces, type Trace, type TraceSet } from './traces.ts';
import { VirtualClock } from './virtualClock.ts';

const { values: options } = parseArgs({
  options: {
    set: { type: 'string', default: 'practice' },
    clients: { type: 'string', default: 'minnow,naive' },
    keys: { type: 'string', default: '300' },
    abort: { type: 'string', default: 'stops' },
    trace: { type: 'string' },
    each: { type: 'boolean', default: false },
    embedded: { type: 'boolean', default: false },
    load: { type: 'boolean', default: false },
    logprobs: { type: 'boolean', default: false },
    repeats: { type: 'string', default: '1' },
    retrieval: { type: 'boolean', default: false },
    records: { type: 'boolean', default: false },
    out: { type: 'string', default: 'out/bench' },
  },
});

type ClientMaker = (engine: SlotEngine, clock: VirtualClock) => BenchClient;

const records: RequestRecord[] = [];

const CLIENTS: Record<string, ClientMaker> = {
  naive: createNaiveClient,
  minnow(slot, clock) {
    const dialect = options.abort === 'readsPromptToEnd' ? 'ollama' : 'openai';
    const backend = createEngineBackend(slot, clock, dialect);
    return createMinnowClient({ clock, backend, model: emulatedFacts, onRecord: record => records.push(record) });
  },
};

async function replayAll(make: ClientMaker, traces: readonly Trace[], engine: EngineSettings): Promise<ReplayLog[]> {
  const logs: ReplayLog[] = [];
  for (const trace of traces) {
    const clock = new VirtualClock();
    const slot = createSlotEngine(clock, createOracle([trace.document]), engine);
    const client = make(slot, clock);
    logs.push(await clock.run(replay(trace, { client, engine: slot, clock }, { maxKeys: Number(options.keys) })));
    client.dispose();
  }
  return logs;
}

if (options.load) {
  await runLoad(options.out);
  process.exit(0);
}
if (options.embedded) {
  await runEmbedded(options.out, Number(options.keys));
  process.exit(0);
}
if (options.retrieval) {
  await runRetrieval(options.out);
  process.exit(0);
}
const set: TraceSet = options.set === 'heldOut' ? 'heldOut' : 'practice';
const engine: EngineSettings = {
  ...DEFAULT_ENGINE,
  abort: options.abort === 'readsPromptToEnd' ? 'readsPromptToEnd' : 'stops',
  logprobs: options.logprobs ? 'given' : 'none',
};
const chosen = loadTraces(set).filter(trace => !options.trace || trace.name.includes(options.trace));
// The same text at another rhythm: what the oracle answers depends on the place alone.
const traces = Array.from({ length: Number(options.repeats) }, (_, turn) =>
  chosen.map(trace => ({ ...trace, seed: trace.seed + 100_000 * turn })),
).flat();
const columns: { title: string; metrics: Metrics }[] = [];
for (const name of options.clients.split(',')) {
  const make = CLIENTS[name];
  if (!make) throw new Error(`no client "${name}"; there are ${Object.keys(CLIENTS).join(', ')}`);
  const logs = await replayAll(make, traces, engine);
  for (const situation of ['endOfFile', 'textBelow'] as const) {
    const part = logs.filter((_, index) => traces[index]?.situation === situation);
    if (part.length === 0) continue;
    columns.push({ title: `${name}, ${situation}`, metrics: measure(part) });
    if (options.each) for (const log of part) columns.push({ title: `${name}, ${log.trace}`, metrics: measure([log]) });
  }
}

const machine = describeMachine();
const result = {
  date: new Date().toISOString(),
  command: process.argv.slice(2).join(' '),
  set,
  engine,
  machine,
  columns,
};
mkdirSync(options.out, { recursive: true });
writeFileSync(join(options.out, `replay-${set}.json`), `${JSON.stringify(result, undefined, 2)}\n`);
console.log(`${set} traces, ${machine}\nengine: ${JSON.stringify(engine)}\n\n${table(columns)}`);
if (options.records) console.log(`\n${recordTable(records)}`);
