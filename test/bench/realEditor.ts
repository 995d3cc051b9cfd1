// node test/bench/realEditor.ts [--client minnow|naive|none] [--set heldOut] [--trace zodError] [--keys 300] [--abort readsPromptToEnd]
// The traces of the bench, typed into a real VS Code; see docs/performance.md.
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { loadavg, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { type EditorServer, startServer } from '../../scripts/editor/server.ts';
import { type EditorWindow, openWindow } from '../../scripts/editor/window.ts';
import { type Clock, systemClock } from '../../src/base/clock.ts';
import { startEngineServer } from './engineServer.ts';
import { measure } from './metrics.ts';
import { createOracle } from './oracle.ts';
import type { ReplayLog } from './replayLog.ts';
import { describeMachine, table } from './report.ts';
import { type Act, lastPainted, readAsTarget, readWatch, timeByKeys, toEvents, watchScreen } from './screen.ts';
import { createSlotEngine, DEFAULT_ENGINE, type SlotEngine } from './slotEngine.ts';
import { loadTraces, type Trace } from './traces.ts';
import { type PaintedGhost, type Typewriter, typeTrace } from './typist.ts';
import { wait } from './virtualClock.ts';

const { values: options } = parseArgs({
  options: {
    client: { type: 'string', default: 'minnow' },
    set: { type: 'string', default: 'practice' },
    trace: { type: 'string', default: '' },
    keys: { type: 'string', default: '300' },
    abort: { type: 'string', default: 'stops' },
    vsix: { type: 'string' },
    extension: { type: 'string' },
    out: { type: 'string', default: 'out/bench' },
  },
});

const EXTENSIONS = join(import.meta.dirname, 'extensions');
const SETTLE_MS = 4000;

/** The keys go in as they are: what the editor would add by itself is the same for all clients, and is left out. */
const TYPING_SETTINGS = {
  'editor.autoClosingBrackets': 'never',
  'editor.autoClosingQuotes': 'never',
  'editor.autoClosingComments': 'never',
  'editor.autoSurround': 'never',
  'editor.autoIndent': 'none',
  'editor.formatOnType': false,
  'editor.trimAutoWhitespace': false,
  'editor.detectIndentation': false,
  'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
  'editor.suggestOnTriggerCharacters': false,
  'editor.acceptSuggestionOnCommitCharacter': false,
  'editor.wordBasedSuggestions': 'off',
  'editor.parameterHints.enabled': false,
  'editor.stickyScroll.enabled': false,
  'editor.wordWrap': 'off',
  'editor.minimap.enabled': false,
  'files.autoSave': 'off',
  'chat.disableAIFeatures': true,
};

/** Time since 1970, as the page tells it, so that both sides' times can be compared; it never jumps back. */
const epochClock: Clock = {
  ...systemClock,
  monotonicMs: () => performance.timeOrigin + performance.now(),
};

interface Witness {
  ask<T>(path: string): Promise<T>;
}

interface HostLoad {
  readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly cpuSeconds: number;
  readonly rssMb: number;
  readonly heapUsedMb: number;
}

async function typeInRealEditor(trace: Trace): Promise<{ log: ReplayLog; load: HostLoad }> {
  const engine = createSlotEngine(epochClock, createOracle([trace.document]), {
    ...DEFAULT_ENGINE,
    abort: options.abort === 'readsPromptToEnd' ? 'readsPromptToEnd' : 'stops',
  });
  const served = await startEngineServer(engine, options.abort === 'readsPromptToEnd' ? 'ollama' : 'openai');
  const folder = mkdtempSync(join(tmpdir(), 'minnow-bench-'));
  const file = join(folder, 'workspace', trace.fileName);
  mkdirSync(join(folder, 'workspace'));
  const { text, regionStart, regionEnd } = trace.document;
  writeFileSync(file, text.slice(0, regionStart) + text.slice(regionEnd));
  const witnessPort = await freePort();
  const server = await startServer({
    settings: { ...TYPING_SETTINGS, ...clientSettings(served.url) },
    env: { BENCH_WITNESS_PORT: String(witnessPort), BENCH_ENGINE_URL: served.url },
    extensionsFolder: extensionsIn(folder),
    ...(options.vsix && { vsix: [options.vsix] }),
  });
  try {
    const window = await openWindow(server, { folder: dirname(file), file });
    try {
      return await typeInWindow({ trace, engine, window, file, witness: witnessAt(witnessPort) });
    } finally {
      await window.close();
    }
  } finally {
    await endAll(server, served, folder);
  }
}

interface Session {
  readonly trace: Trace;
  readonly engine: SlotEngine;
  readonly window: EditorWindow;
  readonly witness: Witness;
  readonly file: string;
}

async function typeInWindow(session: Session): Promise<{ log: ReplayLog; load: HostLoad }> {
  const { trace, engine, window, witness, file } = session;
  const { document } = trace;
  await witness.ask(`/cursor?offset=${document.regionStart}`);
  await wait(epochClock, SETTLE_MS);
  await watchScreen(window.page);
  await witness.ask('/reset');
  const acts: Act[] = [];
  const typewriter = realTypewriter(session, acts);
  const busyBeforeMs = engine.busyMs;
  const firstRequest = engine.requests.length;
  await typeTrace(trace, typewriter, { clock: epochClock, maxKeys: Number(options.keys) });
  await wait(epochClock, 1500);
  const endMs = epochClock.monotonicMs();
  const load = await witness.ask<HostLoad>('/load');
  const { keys, painted } = await readWatch(window.page);
  await window.press('Control+s');
  await wait(epochClock, 1000);
  checkTyped(readFileSync(file, 'utf8'), trace, typewriter.offset);
  const log = {
    trace: trace.name,
    document,
    events: toEvents(document, timeByKeys(acts, keys), painted),
    requests: engine.requests.slice(firstRequest),
    engineBusyMs: engine.busyMs - busyBeforeMs,
    endMs,
  };
  return { log, load };
}

/** Throws where the editor does not hold what was typed: then the run is worth nothing. */
function checkTyped(saved: string, { name, document }: Trace, offset: number): void {
  const expected = document.text.slice(0, offset) + document.text.slice(document.regionEnd);
  if (saved === expected) return;
  const at = [...saved].findIndex((character, index) => character !== expected[index]);
  throw new Error(
    `${name}: the editor went astray at ${at}: ${JSON.stringify(saved.slice(at - 20, at + 30))} for ${JSON.stringify(expected.slice(at - 20, at + 30))}`,
  );
}

function realTypewriter({ trace, window, witness }: Session, acts: Act[]): Typewriter {
  const { document } = trace;
  const { keyboard } = window.page;
  let offset = document.regionStart;
  let stood: PaintedGhost | undefined;
  return {
    get offset() {
      return offset;
    },
    async type(text) {
      const atMs = epochClock.monotonicMs();
      offset += text.length;
      acts.push({ kind: 'key', atMs, offset, text });
      if (!text.startsWith('\n')) return keyboard.press(keyOf(text));
      await keyboard.press('Enter');
      if (text.length > 1) await keyboard.insertText(text.slice(1));
    },
    async painted() {
      const now = await lastPainted(window.page);
      if (now?.text === undefined) {
        stood = undefined;
        return undefined;
      }
      const text = readAsTarget(document, offset, now.text);
      const continues = stood && stood.text === document.text.slice(stood.offset, offset) + text;
      stood = { text, offset, sinceMs: continues && stood ? stood.sinceMs : now.atMs };
      return stood;
    },
    async accept() {
      const atMs = epochClock.monotonicMs();
      await keyboard.press('Tab');
      const text = await textBehind(witness, offset, document.text.length - document.regionEnd);
      acts.push({ kind: 'accept', atMs, offset, text });
      offset += text.length;
      stood = undefined;
      return text;
    },
    async erase(chars, keys) {
      const atMs = epochClock.monotonicMs();
      offset -= chars;
      acts.push({ kind: 'erase', atMs, offset, keys });
      await witness.ask(`/erase?chars=${chars}`);
    },
  };
}

const ACCEPT_LIMIT_MS = 3000;

/** What Tab put behind this offset, once the extension host knows of it: on a busy machine that takes a while. */
async function textBehind(witness: Witness, offset: number, belowChars: number): Promise<string> {
  const deadlineMs = epochClock.monotonicMs() + ACCEPT_LIMIT_MS;
  for (;;) {
    const text = await witness.ask<string>('/text');
    const came = text.slice(offset, text.length - belowChars);
    if (came !== '' || epochClock.monotonicMs() > deadlineMs) return came;
    await wait(epochClock, 20);
  }
}

/** Playwright names keys, and takes characters of the keyboard as their own names. */
function keyOf(character: string): string {
  return character === ' ' ? 'Space' : character === '\t' ? 'Tab' : character;
}

function clientSettings(engineUrl: string): Record<string, unknown> {
  if (options.client !== 'minnow') return {};
  return {
    'minnow.endpoints': [{ name: 'bench', url: engineUrl }],
    'minnow.ladder.edge': 'bench/qwen2.5-coder:1.5b-base',
    'minnow.embedded.enabled': false,
  };
}

/** The witness, and the client where it is not a package. The window takes one extension under development at most. */
function extensionsIn(folder: string): string {
  const extensions = join(folder, 'extensions');
  const sources = [join(EXTENSIONS, 'witness')];
  if (options.client === 'naive') sources.push(join(EXTENSIONS, 'naive'));
  if (options.extension) sources.push(options.extension);
  for (const [index, source] of sources.entries())
    cpSync(source, join(extensions, `bench-${index}`), { recursive: true });
  return extensions;
}

function witnessAt(port: number): Witness {
  return {
    async ask(path) {
      for (let attempt = 0; ; attempt++) {
        const response = await fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
        if (response?.ok) return JSON.parse(await response.text());
        if (attempt > 100) throw new Error(`the witness does not answer ${path}: ${await response?.text()}`);
        await wait(epochClock, 200);
      }
    },
  };
}

async function endAll(server: EditorServer, served: { close(): Promise<void> }, folder: string): Promise<void> {
  await server.stop();
  await served.close();
  rmSync(folder, { recursive: true, force: true });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer()
      .once('error', reject)
      .listen(0, '127.0.0.1', () => {
        const address = probe.address();
        probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
      });
  });
}

const traces = loadTraces(options.set === 'heldOut' ? 'heldOut' : 'practice').filter(t =>
  t.name.includes(options.trace),
);
const runs: { trace: Trace; log: ReplayLog; load: HostLoad }[] = [];
mkdirSync(options.out, { recursive: true });
for (const trace of traces) {
  const startedMs = performance.now();
  const run = await typeInRealEditor(trace);
  runs.push({ trace, ...run });
  const { p99 } = run.load.eventLoopDelayMs;
  console.log(
    `${options.client} ${trace.name}: ${((performance.now() - startedMs) / 1000).toFixed(0)} s, event loop p99 ${p99.toFixed(1)} ms, ` +
      `host CPU ${run.load.cpuSeconds.toFixed(1)} s, machine load ${loadavg()[0]?.toFixed(1)}`,
  );
  const columns = (['endOfFile', 'textBelow'] as const).flatMap(situation => {
    const logs = runs.filter(one => one.trace.situation === situation).map(one => one.log);
    return logs.length > 0 ? [{ title: `${options.client}, ${situation}`, metrics: measure(logs) }] : [];
  });
  const result = {
    date: new Date().toISOString(),
    command: process.argv.slice(2).join(' '),
    machine: describeMachine(),
    columns,
    loads: runs.map(one => ({ trace: one.trace.name, ...one.load })),
    events: runs.map(one => ({ trace: one.trace.name, events: one.log.events, requests: one.log.requests })),
  };
  writeFileSync(join(options.out, `realEditor-${options.client}-${options.set}.json`), JSON.stringify(result));
  if (trace === traces.at(-1))
    console.log(`\n${options.set} traces in a real VS Code, ${describeMachine()}\n\n${table(columns)}`);
}
process.exit(0);
