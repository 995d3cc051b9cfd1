import { describe, expect, it } from 'vitest';
import {
  type Backend,
  type BackendCall,
  type BackendError,
  type GenerateRequest,
  GREEDY,
  NO_USAGE,
  type Residency,
  type StreamPart,
} from '../../../src/backends/backend.ts';
import { watchForHangs } from '../../../src/backends/ollamaWatchdog.ts';
import { failure, success } from '../../../src/base/result.ts';
import { FakeClock, settle } from '../../support/fakeClock.ts';

const FINISH: StreamPart = { type: 'finish', reason: 'stop', usage: NO_USAGE };
const SILENT_LIMIT_MS = 600_000;

/** An Ollama with one model: it answers after `answerMs`, or never while it hangs; unloading heals it. */
class HangingOllama {
  readonly clock = new FakeClock();
  readonly told: string[] = [];
  readonly log: string[] = [];
  answerMs = 100;
  isHanging = false;
  unloadHeals = true;
  /** What `/api/ps` says at each look. */
  residency: (look: number) => Residency = () => ({ state: 'resident', untilMs: 1 });
  #looks = 0;

  readonly backend = watchForHangs(this.#inner(), {
    clock: this.clock,
    keepAliveMinutes: () => 30,
    onHealed: model => this.told.push(model),
  });

  async warmUp(): Promise<void> {
    await this.backend.warmUp('m', { signal: new AbortController().signal });
    this.log.length = 0;
  }

  /** Reads one answer in the background. */
  ask(options: { chars?: number; firstByteMs?: number; signal?: AbortSignal } = {}) {
    const parts: StreamPart[] = [];
    const request = requestOf(options.chars ?? 1000, options.firstByteMs ?? SILENT_LIMIT_MS);
    const signal = options.signal ?? new AbortController().signal;
    const phases: string[] = [];
    const reading = (async () => {
      const call: BackendCall = { signal, onPhase: phase => phases.push(phase) };
      for await (const part of this.backend.generate(request, call)) parts.push(part);
    })();
    return { parts, phases, reading };
  }

  #inner(): Backend {
    const { clock } = this;
    const generate = this.#generate.bind(this);
    return {
      dialect: 'ollama',
      generate: (request, call) => generate(request, call),
      listModels: async () => success([]),
      describeModel: async model => failure({ kind: 'modelMissing', model }),
      residency: async () => success(this.residency(this.#looks++)),
      warmUp: async () => {
        this.log.push(`load@${clock.monotonicMs()}`);
        return success(undefined);
      },
      unload: async () => {
        this.log.push(`unload@${clock.monotonicMs()}`);
        if (this.unloadHeals) this.isHanging = false;
        return success(undefined);
      },
    };
  }

  async *#generate(request: GenerateRequest, { signal, onPhase }: BackendCall): AsyncGenerator<StreamPart> {
    this.log.push(`generate@${this.clock.monotonicMs()}`);
    onPhase?.('requestSent');
    const waitMs = this.isHanging ? SILENT_LIMIT_MS * 10 : this.answerMs;
    const outcome = await this.#wait(waitMs, request.limits.firstByteMs, signal);
    if (outcome === 'aborted') return;
    if (outcome === 'timeout') {
      const error: BackendError = { kind: 'timeout', limit: 'firstByte', limitMs: request.limits.firstByteMs };
      yield { type: 'failed', error };
      return;
    }
    onPhase?.('firstByte');
    yield { type: 'text', text: 'ok' };
    yield FINISH;
  }

  #wait(answerMs: number, limitMs: number, signal: AbortSignal): Promise<'answered' | 'timeout' | 'aborted'> {
    return new Promise(resolve => {
      const timer = this.clock.after(Math.min(answerMs, limitMs), () =>
        resolve(answerMs <= limitMs ? 'answered' : 'timeout'),
      );
      signal.addEventListener('abort', () => {
        timer.dispose();
        resolve('aborted');
      });
    });
  }
}

function requestOf(chars: number, firstByteMs: number): GenerateRequest {
  return {
    model: 'm',
    prompt: { kind: 'raw', text: 'x'.repeat(chars) },
    maxTokens: 16,
    stop: [],
    sampling: GREEDY,
    delivery: 'streamed',
    limits: { firstByteMs, betweenEventsMs: 1000 },
  };
}

async function measured(): Promise<HangingOllama> {
  const ollama = new HangingOllama();
  await ollama.warmUp();
  const first = ollama.ask();
  await ollama.clock.advance(100);
  await first.reading;
  expect(first.parts.at(-1)).toEqual(FINISH);
  ollama.log.length = 0;
  return ollama;
}

describe('a model of Ollama that hangs', () => {
  it('is unloaded and asked once more, and the user is told once', async () => {
    const ollama = await measured();
    ollama.isHanging = true;
    const asked = ollama.ask();
    await ollama.clock.advance(20_000);
    await asked.reading;
    expect(asked.parts).toEqual([{ type: 'text', text: 'ok' }, FINISH]);
    expect(ollama.told).toEqual(['m']);
    expect(ollama.log.map(entry => entry.split('@')[0])).toEqual(['generate', 'unload', 'load', 'generate']);
    expect(asked.phases).toEqual(['requestSent', 'firstByte']);
    expect(ollama.clock.pendingTimers).toBe(0);
  });

  it('is noticed over requests that typing gives up one after another', async () => {
    const ollama = await measured();
    ollama.isHanging = true;
    for (let key = 0; key < 30; key++) {
      const typing = new AbortController();
      const asked = ollama.ask({ signal: typing.signal });
      await ollama.clock.advance(1_000);
      typing.abort();
      await settle();
      await ollama.clock.advance(500);
      await asked.reading;
    }
    expect(ollama.told).toEqual(['m']);
  });

  it('is noticed by a request whose own limit is shorter, when the next one comes', async () => {
    const ollama = await measured();
    ollama.isHanging = true;
    const short = ollama.ask({ firstByteMs: 2_000 });
    await ollama.clock.advance(2_000);
    await short.reading;
    expect(short.parts).toEqual([{ type: 'failed', error: { kind: 'timeout', limit: 'firstByte', limitMs: 2_000 } }]);
    await ollama.clock.advance(20_000);
    const next = ollama.ask({ firstByteMs: 2_000 });
    await ollama.clock.advance(1_000);
    await next.reading;
    expect(next.parts.at(-1)).toEqual(FINISH);
    expect(ollama.told).toEqual(['m']);
  });

  it('is looked into once for two requests that wait', async () => {
    const ollama = await measured();
    ollama.isHanging = true;
    const asked = [ollama.ask(), ollama.ask()];
    await ollama.clock.advance(60_000);
    await Promise.all(asked.map(({ reading }) => reading));
    expect(asked.map(({ parts }) => parts.at(-1))).toEqual([FINISH, FINISH]);
    expect(ollama.told).toEqual(['m']);
  });

  it('is a failure of its own where unloading does not help, and is not unloaded again and again', async () => {
    const ollama = await measured();
    ollama.isHanging = true;
    ollama.unloadHeals = false;
    const asked = ollama.ask({ firstByteMs: 30_000 });
    await ollama.clock.advance(120_000);
    await asked.reading;
    expect(asked.parts).toEqual([{ type: 'failed', error: { kind: 'hung', model: 'm' } }]);
    // It is in memory, so nothing but the cure before forbids another one.
    await ollama.backend.residency('m', { signal: new AbortController().signal });
    const again = ollama.ask({ firstByteMs: 100_000 });
    await ollama.clock.advance(120_000);
    await again.reading;
    expect(again.parts.at(-1)?.type).toBe('failed');
    expect(ollama.log.filter(entry => entry.startsWith('unload'))).toHaveLength(1);
  });
});

describe('a model that is only slow', () => {
  it('gets the time that its pace and the length of the prompt explain', async () => {
    const ollama = await measured();
    ollama.answerMs = 8_000;
    // Ten times the prompt of the answer that took 100 ms.
    const asked = ollama.ask({ chars: 10_000 });
    await ollama.clock.advance(8_000);
    await asked.reading;
    expect(asked.parts.at(-1)).toEqual(FINISH);
    expect(ollama.log).toHaveLength(1);
  });

  it('gets more before its pace is known', async () => {
    const ollama = new HangingOllama();
    await ollama.warmUp();
    ollama.answerMs = 50_000;
    const asked = ollama.ask();
    await ollama.clock.advance(50_000);
    await asked.reading;
    expect(asked.parts.at(-1)).toEqual(FINISH);
    expect(ollama.log).toEqual(['generate@0']);
  });

  it('gets minutes where it may have to be loaded first', async () => {
    const ollama = new HangingOllama();
    ollama.answerMs = 200_000;
    const asked = ollama.ask();
    await ollama.clock.advance(200_000);
    await asked.reading;
    expect(asked.parts.at(-1)).toEqual(FINISH);
    expect(ollama.log).toEqual(['generate@0']);
  });

  it('is not unloaded while it works for somebody else', async () => {
    const ollama = await measured();
    ollama.isHanging = true;
    ollama.residency = look => ({ state: 'resident', untilMs: look });
    const asked = ollama.ask({ firstByteMs: 20_000 });
    await ollama.clock.advance(60_000);
    await asked.reading;
    expect(ollama.log.filter(entry => entry.startsWith('unload'))).toEqual([]);
    expect(ollama.told).toEqual([]);
  });
});

it('leaves no timer behind where the caller gives up', async () => {
  const ollama = await measured();
  const typing = new AbortController();
  const asked = ollama.ask({ signal: typing.signal });
  await settle();
  typing.abort();
  await asked.reading;
  expect(asked.parts).toEqual([]);
  expect(ollama.clock.pendingTimers).toBe(0);
});
