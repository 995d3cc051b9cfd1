import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { silentLogger } from '../../../src/base/logger.ts';
import type { ChildMessage, StartMessage } from '../../../src/embedded/channel.ts';
import type { EngineProcessEvents } from '../../../src/embedded/engineProcess.ts';
import { createEmbeddedSupervisor, type EmbeddedNeeds } from '../../../src/embedded/supervisor.ts';
import { FakeClock } from '../../support/fakeClock.ts';
import { ggufFile } from '../../support/ggufFile.ts';
import { ScriptedNativeModel } from '../../support/scriptedNativeModel.ts';

const folder = mkdtempSync(join(tmpdir(), 'minnow-supervisor-'));
afterAll(() => rmSync(folder, { recursive: true }));
const modelPath = join(folder, 'good.gguf');
const WAIT = { interval: 1 };
const never = () => new AbortController().signal;
const READY: ChildMessage = { type: 'ready', pid: 1234, port: 4711, model: new ScriptedNativeModel({}).facts };

beforeEach(() => writeFileSync(modelPath, ggufFile()));

class FakeProcess {
  readonly started: StartMessage[] = [];
  readonly events: EngineProcessEvents;
  isConnected = true;
  isKilled = false;

  constructor(events: EngineProcessEvents) {
    this.events = events;
  }

  send(message: StartMessage): void {
    this.started.push(message);
  }

  disconnect(): void {
    this.isConnected = false;
  }

  kill(): void {
    this.isKilled = true;
  }
}

function setUp(more: Partial<EmbeddedNeeds> = {}) {
  const clock = new FakeClock();
  const processes: FakeProcess[] = [];
  const supervisor = createEmbeddedSupervisor({
    clock,
    logger: silentLogger,
    serverFile: '/nowhere/server.mjs',
    defaultModelPath: modelPath,
    choice: { modelPath: '', contextTokens: 2048, threads: 0 },
    whyAbsent: () => undefined,
    launch: (_file, events) => {
      const process = new FakeProcess(events);
      processes.push(process);
      return process;
    },
    ...more,
  });
  const states: string[] = [];
  supervisor.onDidChangeState(state => states.push(state.kind));
  /** The nth process, as soon as the file was checked and it was launched. */
  const launched = (number = 1) =>
    vi.waitFor(() => {
      const process = processes[number - 1];
      if (!process) throw new Error('not launched');
      return process;
    }, WAIT);
  return { clock, supervisor, states, processes, launched };
}

async function setUpReady(more: Partial<EmbeddedNeeds> = {}) {
  const all = setUp(more);
  const started = all.supervisor.start(never());
  const process = await all.launched();
  process.events.onMessage(READY);
  return { ...all, process, ready: await started };
}

describe('embedded supervisor', () => {
  it('does nothing until somebody wants the engine', () => {
    const { supervisor, processes } = setUp();
    expect(supervisor.state).toEqual({ kind: 'stopped' });
    expect(processes).toEqual([]);
  });

  it('is ready with an address and a token that only the channel carried', async () => {
    const { ready, process, states } = await setUpReady();
    expect(states).toEqual(['starting', 'ready']);
    const [message] = process.started;
    expect(message).toMatchObject({ modelPath, contextTokens: 2048, maxThreads: 0 });
    expect(ready).toMatchObject({ kind: 'ready', url: 'http://127.0.0.1:4711', token: message?.token });
    expect(message?.token.length).toBeGreaterThan(40);
  });

  it('starts once, however many ask', async () => {
    const { supervisor, processes, launched } = setUp();
    const asked = [supervisor.start(never()), supervisor.start(never())];
    (await launched()).events.onMessage(READY);
    expect((await Promise.all(asked)).map(state => state.kind)).toEqual(['ready', 'ready']);
    expect((await supervisor.start(never())).kind).toBe('ready');
    expect(processes).toHaveLength(1);
  });

  it('gives every life of the child another token', async () => {
    const { supervisor, process, launched } = await setUpReady();
    const restarted = supervisor.restart();
    const second = await launched(2);
    second.events.onMessage(READY);
    await restarted;
    expect(second.started[0]?.token).not.toBe(process.started[0]?.token);
    expect(process.isConnected).toBe(false);
  });

  it('is absent where its native part is, and says why', async () => {
    const { supervisor, processes } = setUp({ whyAbsent: () => 'no engine for aix' });
    expect(await supervisor.start(never())).toEqual({ kind: 'absent', detail: 'no engine for aix' });
    expect(processes).toEqual([]);
  });

  it('is absent when only the child finds that the native part does not load', async () => {
    const { supervisor, launched } = setUp();
    const started = supervisor.start(never());
    (await launched()).events.onMessage({ type: 'failed', reason: 'nativeMissing', detail: 'glibc' });
    expect(await started).toEqual({ kind: 'absent', detail: 'glibc' });
  });

  it('says that the file is missing or damaged without starting anything', async () => {
    const { supervisor, processes } = setUp();
    rmSync(modelPath);
    expect(await supervisor.start(never())).toEqual({ kind: 'fileMissing', path: modelPath });
    writeFileSync(modelPath, 'hello');
    expect(await supervisor.restart()).toMatchObject({ kind: 'fileDamaged', path: modelPath });
    expect(processes).toEqual([]);
  });

  it('takes an end before it was ready for a damaged file, and does not try again by itself', async () => {
    const { supervisor, launched, processes } = setUp();
    const started = supervisor.start(never());
    (await launched()).events.onExit('it was ended by SIGABRT');
    expect(await started).toEqual({ kind: 'fileDamaged', path: modelPath, detail: 'it was ended by SIGABRT' });
    expect((await supervisor.start(never())).kind).toBe('fileDamaged');
    expect(processes).toHaveLength(1);
  });

  it('is crashed after an end of a ready engine, until a person restarts it', async () => {
    const { supervisor, process, processes, launched } = await setUpReady();
    process.events.onExit('it was ended by SIGKILL');
    expect(supervisor.state).toEqual({ kind: 'crashed', detail: 'it was ended by SIGKILL' });
    expect((await supervisor.start(never())).kind).toBe('crashed');
    expect(processes).toHaveLength(1);
    const restarted = supervisor.restart();
    (await launched(2)).events.onMessage(READY);
    expect((await restarted).kind).toBe('ready');
  });

  it('gives up a start that takes too long', async () => {
    const { supervisor, launched, clock } = setUp();
    const started = supervisor.start(never());
    const process = await launched();
    await clock.advance(180_000);
    expect((await started).kind).toBe('crashed');
    expect(process.isKilled).toBe(true);
  });

  it('stops a start that nobody waits for any more, and goes on for whoever still does', async () => {
    const { supervisor, launched } = setUp();
    const first = new AbortController();
    const second = new AbortController();
    const asked = [supervisor.start(first.signal), supervisor.start(second.signal)];
    const process = await launched();
    first.abort();
    await asked[0];
    expect(supervisor.state.kind).toBe('starting');
    second.abort();
    expect((await asked[1])?.kind).toBe('stopped');
    expect(process.isConnected).toBe(false);
  });

  it('closes the channel when disposed, and kills a child that does not go', async () => {
    const { supervisor, process, clock } = await setUpReady();
    supervisor.dispose();
    expect([process.isConnected, process.isKilled]).toEqual([false, false]);
    await clock.advance(1_000);
    expect(process.isKilled).toBe(true);
  });

  it('kills nothing once the child has gone', async () => {
    const { supervisor, process, clock } = await setUpReady();
    supervisor.dispose();
    process.events.onExit('it ended with code 0');
    await clock.advance(5_000);
    expect(process.isKilled).toBe(false);
  });

  it('stops for another choice, and for the same one goes on', async () => {
    const { supervisor, process, states } = await setUpReady();
    supervisor.configure({ modelPath: '', contextTokens: 2048, threads: 0 });
    expect(process.isConnected).toBe(true);
    supervisor.configure({ modelPath: '', contextTokens: 4096, threads: 0 });
    expect(process.isConnected).toBe(false);
    expect(states.at(-1)).toBe('stopped');
  });

  it('does not believe a process that it has replaced', async () => {
    const { supervisor, process } = await setUpReady();
    supervisor.stop();
    process.events.onExit('it was ended by SIGKILL');
    expect(supervisor.state.kind).toBe('stopped');
  });
});
