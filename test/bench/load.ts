// npm run bench -- --load: what Minnow costs the editor. How long a prompt takes to build in a huge file and on a huge line,
// what the typing of 10,000 keys leaves in memory, and what each key takes of the event loop.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { PromptPlanner } from '../../src/completion/prompt/promptPlanner.ts';
import { createPrivacyPolicy } from '../../src/routing/privacyPolicy.ts';
import { type DocumentText, takeSnapshot } from '../../src/vscode/snapshots.ts';
import type { BenchClient } from './benchClient.ts';
import { createEngineBackend, emulatedFacts } from './engineBackend.ts';
import { type Spread, spread } from './metrics.ts';
import { benchEndpoint, createMinnowClient } from './minnowClient.ts';
import { createOracle } from './oracle.ts';
import { replay } from './replay.ts';
import { describeMachine } from './report.ts';
import { createSlotEngine } from './slotEngine.ts';
import { loadTraces, type Trace } from './traces.ts';
import { VirtualClock } from './virtualClock.ts';

const KEYS_IN_HUGE_FILE = 400;
const MEMORY_KEYS = 10_000;
const MEMORY_STEPS = 10;

/** A document as VS Code holds it: lines in an array, reached by their number. */
function documentOf(lines: string[]): DocumentText {
  return {
    uri: { toString: () => 'file:///bench/huge.ts' },
    languageId: 'typescript',
    version: 1,
    lineCount: lines.length,
    lineAt: line => ({ text: lines[line] ?? '' }),
  };
}

/** Times snapshot and plan together, while one line grows by a key at a time. */
function timePromptBuilding(lines: string[], at: number, typed: string): Spread {
  const planner = new PromptPlanner();
  const document = documentOf(lines);
  const backend = createEngineBackend(
    createSlotEngine(new VirtualClock(), createOracle([])),
    new VirtualClock(),
    'openai',
  );
  const candidate = { rung: 'edge', endpoint: benchEndpoint(backend), model: emulatedFacts, grant: undefined } as const;
  const policy = createPrivacyPolicy();
  const timesMs: number[] = [];
  for (let key = 0; key < KEYS_IN_HUGE_FILE; key++) {
    lines[at] = `${lines[at]}${typed[key % typed.length]}`;
    const startedMs = performance.now();
    const snapshot = takeSnapshot({
      document,
      position: { line: at, character: lines[at]?.length ?? 0 },
      path: 'huge.ts',
      trigger: 'automatic',
      indentation: { unit: 'space', width: 2 },
      selectedSuggestion: undefined,
    });
    policy.decide(candidate, { paths: [snapshot.path], contentUnknown: false, consent: undefined });
    const wish = { snapshot, candidate, context: undefined, maxPromptTokens: 2048, maxAnswerTokens: 192, forced: '' };
    const plan = planner.plan(wish);
    timesMs.push(performance.now() - startedMs);
    if (plan) planner.sent(plan, '', undefined);
  }
  return spread(timesMs);
}

function hugeFile(): string[] {
  const line = '  const total = items.filter(item => item.price > limit).map(item => item.price * rate); // line';
  return Array.from({ length: Math.ceil((50 * 2 ** 20) / (line.length + 8)) }, (_, number) => `${line} ${number}`);
}

interface KeyCosts {
  /** Of the event loop: from the call to the first time it waits for something. */
  readonly callMs: Spread;
  readonly callP99Ms: number | undefined;
  readonly heapMb: readonly number[];
}

/** Types until so many keys were pressed, file after file with one engine, and looks at the heap on the way. */
async function typeMany(): Promise<KeyCosts> {
  setFlagsFromString('--expose-gc');
  const collect: () => void = runInNewContext('gc');
  const traces = loadTraces('practice');
  const clock = new VirtualClock();
  const engine = createSlotEngine(clock, createOracle(traces.map(trace => trace.document)));
  const backend = createEngineBackend(engine, clock, 'openai');
  const callsMs: number[] = [];
  const client = timed(createMinnowClient({ clock, backend, model: emulatedFacts }), callsMs);
  const heapMb: number[] = [];
  for (let step = 0; step < MEMORY_STEPS; step++) {
    await typeKeys(MEMORY_KEYS / MEMORY_STEPS, traces, step, { client, engine, clock });
    engine.forget();
    collect();
    heapMb.push(process.memoryUsage().heapUsed / 2 ** 20);
  }
  client.dispose();
  const sorted = callsMs.toSorted((a, b) => a - b);
  return { callMs: spread(callsMs), callP99Ms: sorted[Math.floor(sorted.length * 0.99)], heapMb };
}

async function typeKeys(
  keys: number,
  traces: readonly Trace[],
  seed: number,
  side: Parameters<typeof replay>[1] & { readonly clock: VirtualClock },
): Promise<void> {
  let left = keys;
  for (let index = 0; left > 0; index++) {
    const trace = traces[index % traces.length];
    if (!trace) return;
    const maxKeys = Math.min(left, 250);
    const again = { ...trace, seed: trace.seed + seed * 1000 + index };
    const log = await side.clock.run(replay(again, side, { maxKeys }));
    left -= log.events.filter(event => event.kind !== 'ghost').length;
  }
}

function timed(client: BenchClient, callsMs: number[]): BenchClient {
  return {
    ...client,
    provide(snapshot, signal) {
      const startedMs = performance.now();
      const answer = client.provide(snapshot, signal);
      callsMs.push(performance.now() - startedMs);
      return answer;
    },
  };
}

export async function runLoad(out: string): Promise<void> {
  const result = {
    date: new Date().toISOString(),
    machine: describeMachine(),
    promptBuild50MbFileMs: timePromptBuilding(hugeFile(), 250_000, 'const value = call(first, second); '),
    promptBuild1MbLineMs: timePromptBuilding(['const a = 1;', 'x'.repeat(2 ** 20), 'const b = 2;'], 1, 'abc = def(1) '),
    ...(await typeMany()),
  };
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'load.json'), `${JSON.stringify(result, undefined, 2)}\n`);
  const ms = ({ p50, p95, count }: Spread) => `p50 ${p50?.toFixed(2)}, p95 ${p95?.toFixed(2)} ms (${count})`;
  console.log(`${result.machine}
prompt built in a file of 50 MB: ${ms(result.promptBuild50MbFileMs)}
prompt built on a line of 1 MB: ${ms(result.promptBuild1MbLineMs)}
a key's share of the event loop: ${ms(result.callMs)}, p99 ${result.callP99Ms?.toFixed(2)} ms
heap after each ${MEMORY_KEYS / MEMORY_STEPS} keys, MB: ${result.heapMb.map(mb => mb.toFixed(1)).join(' ')}`);
}
