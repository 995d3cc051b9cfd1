import { describe, expect, it } from 'vitest';
import { type BackendError, NO_USAGE, type StreamPart } from '../../../src/backends/backend.ts';
import { MAX_RECORDED_CHARS, MAX_RECORDED_PROMPTS, PromptRecording } from '../../../src/metering/promptRecording.ts';
import type { RequestRecord, Spans } from '../../../src/metering/requestRecord.ts';
import { Stopwatch } from '../../../src/metering/stopwatch.ts';
import type { Draft } from '../../../src/routing/dispatcher.ts';
import { candidate, doorHarness, draft, joinText, REQUEST } from '../../support/doorHarness.ts';
import { FakeClock, settle } from '../../support/fakeClock.ts';
import { type ScriptStep, TimedBackend } from '../../support/timedBackend.ts';

const text = (value: string): StreamPart => ({ type: 'text', text: value });
const USAGE = { inputTokens: 100, cachedInputTokens: 80, outputTokens: 2, source: 'reported' as const };
const finish: StreamPart = { type: 'finish', reason: 'stop', usage: USAGE };
const failed = (error: BackendError): StreamPart => ({ type: 'failed', error });
const OVERLOADED: BackendError = { kind: 'overloaded', retryAfterMs: undefined };
const BAD_REQUEST: BackendError = { kind: 'badRequest', detail: 'no' };

const ANSWER: ScriptStep[] = [
  { waitMs: 2 },
  { phase: 'requestSent' },
  { waitMs: 40 },
  text('a'),
  { waitMs: 8 },
  text('b'),
  { waitMs: 1 },
  finish,
];

function sumOf({ totalMs: _, ...spans }: Spans): number {
  return Object.values(spans).reduce((sum, span) => sum + span, 0);
}

/** Drives one wish through scripted servers on a clock that jumps from event to event. */
async function run(scripts: ScriptStep[][], options: { abortAtMs?: number } = {}) {
  const clock = new FakeClock(1_000);
  const backends = scripts.map(script => new TimedBackend(clock, script));
  const candidates = backends.map((backend, index) => candidate(`s${index + 1}`, backend));
  const harness = doorHarness(clock, candidates);
  const abort = new AbortController();
  if (options.abortAtMs !== undefined) clock.after(options.abortAtMs, () => abort.abort());
  const running = harness.door.run(draft(clock), abort.signal, joinText);
  await clock.advance(10_000);
  return { ...harness, backends, result: await running };
}

describe('the door', () => {
  it('answers with a record whose spans add up to its total', async () => {
    const { result, records } = await run([ANSWER]);
    expect(result).toMatchObject({ kind: 'answered', value: 'ab' });
    expect(records).toHaveLength(1);
    expect(records[0]).toMatchObject({
      id: 'r1',
      startedAtMs: 1_000,
      attempt: 1,
      endpoint: 's1',
      locality: 'loopback',
      usage: USAGE,
      finishReason: 'stop',
      costMicroUsd: 0,
      costSource: 'local',
      outcome: { kind: 'answered' },
      spans: { queueMs: 0, connectMs: 2, firstTokenMs: 40, generateMs: 9, trimMs: 0, totalMs: 51 },
    });
  });

  it('counts the laps before it, and trimming after the last part, in the same record', async () => {
    const clock = new FakeClock();
    const stopwatch = new Stopwatch(clock);
    await clock.advance(75);
    stopwatch.lap('debounceMs');
    await clock.advance(3);
    stopwatch.lap('contextMs');
    await clock.advance(5);
    const { door, records } = doorHarness(clock, [candidate('s', new TimedBackend(clock, ANSWER))]);
    const running = door.run(draft(clock, { stopwatch }), new AbortController().signal, async (stream, attempt) => {
      const consumed = await joinText(stream, attempt);
      await new Promise<void>(resolve => clock.after(4, resolve));
      return consumed;
    });
    await clock.advance(1_000);
    await running;
    expect(records[0]?.spans).toEqual({
      debounceMs: 75,
      contextMs: 3,
      queueMs: 5,
      connectMs: 2,
      firstTokenMs: 40,
      generateMs: 9,
      trimMs: 4,
      totalMs: 138,
    });
  });

  it.each([
    ['connect', 1, { queueMs: 0, connectMs: 1, totalMs: 1 }],
    ['firstToken', 20, { queueMs: 0, connectMs: 2, firstTokenMs: 18, totalMs: 20 }],
    ['generate', 45, { queueMs: 0, connectMs: 2, firstTokenMs: 40, generateMs: 3, totalMs: 45 }],
  ] as const)('records a request that was cancelled at %s', async (at, abortAtMs, spans) => {
    const { result, records, backends } = await run([ANSWER, ANSWER], { abortAtMs });
    expect(result).toEqual({ kind: 'cancelled' });
    expect(records.map(record => record.outcome)).toEqual([{ kind: 'cancelled', at }]);
    expect(records[0]?.spans).toEqual(spans);
    expect(backends.map(backend => backend.requests.length)).toEqual([1, 0]);
    expect(backends[0]?.closed).toBe(1);
  });

  it('records a wish that was cancelled before anything was sent', async () => {
    const clock = new FakeClock();
    const backend = new TimedBackend(clock, ANSWER);
    const { door, records } = doorHarness(clock, [candidate('s', backend)]);
    const result = await door.run(draft(clock), AbortSignal.abort(), joinText);
    expect(result).toEqual({ kind: 'cancelled' });
    expect(records).toMatchObject([
      { outcome: { kind: 'cancelled', at: 'queue' }, costMicroUsd: 0, costSource: 'notSent' },
    ]);
    expect(backend.requests).toEqual([]);
  });

  it('records an empty answer', async () => {
    const { result, records } = await run([[{ phase: 'requestSent' }, { waitMs: 30 }, finish]]);
    expect(result).toMatchObject({ kind: 'answered', value: '' });
    expect(records.map(record => record.outcome)).toEqual([{ kind: 'empty', why: 'modelEndedAtOnce' }]);
    expect(records[0]?.spans).toMatchObject({ firstTokenMs: 30, totalMs: 30 });
  });

  it('records what the policy refused, and sends nothing', async () => {
    const clock = new FakeClock();
    const backend = new TimedBackend(clock, ANSWER);
    const remote = candidate('far', backend, { url: 'https://models.example', rung: 'foundation' });
    const { door, records } = doorHarness(clock, [remote]);
    const result = await door.run(draft(clock, { rung: 'foundation' }), new AbortController().signal, joinText);
    expect(result.kind).toBe('refused');
    expect(records).toMatchObject([
      { outcome: { kind: 'refused' }, locality: 'remote', usage: NO_USAGE, costMicroUsd: 0, costSource: 'notSent' },
    ]);
    expect(backend.requests).toEqual([]);
  });

  it('records a consumer that throws, and lets the error through', async () => {
    const clock = new FakeClock();
    const backend = new TimedBackend(clock, [text('a'), 'hang']);
    const { door, records } = doorHarness(clock, [candidate('s', backend)]);
    const running = door.run(draft(clock), new AbortController().signal, async stream => {
      for await (const _ of stream) throw new Error('a bug');
      return { value: '', outcome: { kind: 'answered' } };
    });
    await expect(running).rejects.toThrow('a bug');
    expect(records.map(record => record.outcome)).toMatchObject([{ kind: 'failed', error: { kind: 'protocol' } }]);
    expect(backend.closed).toBe(1);
  });

  it('counts parts as tokens where a consumer leaves before the server says how many', async () => {
    const clock = new FakeClock();
    const backend = new TimedBackend(clock, [{ phase: 'requestSent' }, text('a'), { waitMs: 7 }, text('b'), 'hang']);
    const { door, records } = doorHarness(clock, [candidate('s', backend)]);
    const running = door.run(draft(clock), new AbortController().signal, async stream => {
      let value = '';
      for await (const part of stream) {
        if (part.type === 'text') value += part.text;
        if (value === 'ab') break;
      }
      return { value, outcome: { kind: 'answered' } };
    });
    await clock.advance(100);
    expect(await running).toMatchObject({ kind: 'answered', value: 'ab' });
    expect(records[0]).toMatchObject({
      usage: { inputTokens: undefined, outputTokens: 2, source: 'estimated' },
      spans: { generateMs: 7, totalMs: 7 },
    });
    expect(backend.closed).toBe(1);
  });

  it('takes the length of the prompt for the count that such an answer never tells, and makes no money of it', async () => {
    const clock = new FakeClock();
    const backend = new TimedBackend(clock, [{ phase: 'requestSent' }, text('a'), 'hang']);
    const costOf = ({ usage }: { usage: { inputTokens: number | undefined } }) => ({
      microUsd: usage.inputTokens,
      source: 'list' as const,
      priceAsOf: undefined,
    });
    const { door, records } = doorHarness(clock, [candidate('s', backend)], { costOf });
    const build = () => ({ ok: true as const, request: REQUEST, estimatedPromptTokens: 300 });
    await door.run(draft(clock, { build }), new AbortController().signal, async stream => {
      for await (const _part of stream) break;
      return { value: '', outcome: { kind: 'answered' } };
    });
    expect(records[0]?.usage).toMatchObject({ inputTokens: 300, outputTokens: 1, source: 'estimated' });
    expect(records[0]?.costMicroUsd).toBeUndefined();
  });

  it('estimates nothing from an answer that was asked for whole', async () => {
    const clock = new FakeClock();
    const backend = new TimedBackend(clock, [text('all of it'), 'hang']);
    const { door, records } = doorHarness(clock, [candidate('s', backend)]);
    const build = () => ({ ok: true as const, request: { ...REQUEST, delivery: 'whole' as const } });
    await door.run(draft(clock, { build }), new AbortController().signal, async stream => {
      for await (const _ of stream) break;
      return { value: '', outcome: { kind: 'answered' } };
    });
    expect(records[0]?.usage).toEqual(NO_USAGE);
  });
});

describe('fallback', () => {
  it('asks the next candidate after a retryable failure, and the records name each other', async () => {
    const { result, records, failures, answered } = await run([[failed(OVERLOADED)], ANSWER]);
    expect(result).toMatchObject({ kind: 'answered', value: 'ab' });
    expect(records).toMatchObject([
      { id: 'r1', attempt: 1, endpoint: 's1', outcome: { kind: 'failed', error: OVERLOADED } },
      { id: 'r2', attempt: 2, endpoint: 's2', fallbackFrom: 'r1', fallbackReason: 'overloaded' },
    ]);
    expect(records[0]?.fallbackFrom).toBeUndefined();
    expect(failures.map(({ name }) => name)).toEqual(['s1']);
    expect(answered).toEqual(['s2']);
  });

  it('keeps the order of the candidates and ends with the last failure', async () => {
    const { result, records } = await run([[failed(OVERLOADED)], [failed({ kind: 'unreachable', detail: 'x' })]]);
    expect(result).toMatchObject({ kind: 'failed', error: { kind: 'unreachable' } });
    expect(records.map(record => record.endpoint)).toEqual(['s1', 's2']);
  });

  it('stops at a failure that another server would not mend', async () => {
    const { result, records, backends } = await run([[failed(BAD_REQUEST)], ANSWER]);
    expect(result).toMatchObject({ kind: 'failed', error: BAD_REQUEST });
    expect(records).toHaveLength(1);
    expect(backends[1]?.requests).toEqual([]);
  });

  it('never switches after the first token, even where the failure is retryable', async () => {
    const { result, records, backends } = await run([[text('a'), failed(OVERLOADED)], ANSWER]);
    expect(result).toMatchObject({ kind: 'failed', error: OVERLOADED });
    expect(records.map(record => record.outcome.kind)).toEqual(['failed']);
    expect(backends[1]?.requests).toEqual([]);
  });

  it('gives the time before the first attempt to the first record alone', async () => {
    const { records } = await run([[{ waitMs: 30 }, failed(OVERLOADED)], ANSWER]);
    expect(records.map(record => record.spans.totalMs)).toEqual([30, 51]);
    expect(records.map(record => record.startedAtMs)).toEqual([1_000, 1_030]);
  });

  it('continues the chain of an earlier wish', async () => {
    const clock = new FakeClock();
    const { door, records } = doorHarness(clock, [candidate('s', new TimedBackend(clock, ANSWER))]);
    const fallbackFrom = { requestId: 'before', reason: 'asked for a larger model' };
    const running = door.run(draft(clock, { fallbackFrom }), new AbortController().signal, joinText);
    await clock.advance(100);
    await running;
    expect(records[0]).toMatchObject({ fallbackFrom: 'before', fallbackReason: 'asked for a larger model' });
  });

  it('skips a candidate for which no request can be built, without a record', async () => {
    const clock = new FakeClock();
    const backend = new TimedBackend(clock, ANSWER);
    const { door, records } = doorHarness(clock, [candidate('small', backend), candidate('large', backend)]);
    const running = door.run(
      draft(clock, {
        build: ({ endpoint }) =>
          endpoint.name === 'small'
            ? { ok: false, problem: { kind: 'promptTooLong', model: 'tiny', limitTokens: 512 } }
            : { ok: true, request: REQUEST },
      }),
      new AbortController().signal,
      joinText,
    );
    await clock.advance(100);
    expect(await running).toMatchObject({ kind: 'answered' });
    expect(records.map(record => [record.endpoint, record.attempt])).toEqual([['large', 1]]);
  });
});

describe('where an answer came from', () => {
  const wentRemote = async (script: ScriptStep[]): Promise<RequestRecord | undefined> =>
    (await run([script])).records[0];

  it('is remote when a local server says that another machine answered', async () => {
    const record = await wentRemote([text('a'), { type: 'finish', reason: 'stop', usage: USAGE, wentRemote: true }]);
    expect(record).toMatchObject({ locality: 'remote', costMicroUsd: undefined, costSource: 'unknown' });
  });

  it('is remote when the backend refused to pass such an answer on', async () => {
    const record = await wentRemote([{ phase: 'requestSent' }, failed({ kind: 'wentRemote', host: 'models.example' })]);
    expect(record).toMatchObject({ locality: 'remote', costMicroUsd: undefined });
  });
});

describe('the sum of the spans', () => {
  const pauses = [0, 1, 7, 33];
  const scripts: ScriptStep[][] = pauses.flatMap(a =>
    pauses.map((b): ScriptStep[] => [
      { waitMs: a },
      { phase: 'requestSent' },
      { waitMs: b },
      text('x'),
      { waitMs: a + b },
      finish,
    ]),
  );

  it.each([...scripts.keys()])('equals the total, whenever the wish ends (script %i)', async index => {
    const script = scripts[index] ?? [];
    for (const abortAtMs of [undefined, 0, 5, 20, 60]) {
      const { records } = await run([script], abortAtMs === undefined ? {} : { abortAtMs });
      expect(records).toHaveLength(1);
      const spans = records[0]?.spans ?? { totalMs: Number.NaN };
      expect(sumOf(spans)).toBe(spans.totalMs);
    }
  });

  it('leaves nothing running', async () => {
    const { backends } = await run([ANSWER], { abortAtMs: 20 });
    await settle();
    expect(backends.map(backend => backend.closed)).toEqual([1]);
  });
});

describe('recording prompts', () => {
  const send = async (recording: PromptRecording, overrides: Partial<Draft> = {}) => {
    const clock = new FakeClock();
    const candidates = [candidate('s', new TimedBackend(clock, ANSWER))];
    const { door } = doorHarness(clock, candidates, { recording });
    const running = door.run(draft(clock, overrides), new AbortController().signal, joinText);
    await clock.advance(100);
    await running;
  };

  it('keeps nothing unless the user turned it on', async () => {
    const recording = new PromptRecording();
    const cutUp: string[] = [];
    const promptParts = () => {
      cutUp.push('cut');
      return [];
    };
    await send(recording, { promptParts });
    expect(recording.find('r1')).toBeUndefined();
    expect(cutUp).toEqual([]);
  });

  it('keeps what was sent, with the reasons of whoever made it, and forgets it when turned off', async () => {
    const recording = new PromptRecording();
    recording.start();
    await send(recording);
    expect(recording.find('r1')).toEqual([{ kind: 'prefix', label: 'prompt', text: 'def f(', why: 'Sent as it is.' }]);
    const own = [{ kind: 'middle' as const, label: 'typed since', text: 'f(', why: 'Typed.' }];
    await send(recording, { promptParts: () => own });
    expect(recording.find('r1')).toEqual(own);
    recording.stop();
    expect(recording.find('r1')).toBeUndefined();
  });

  it('keeps the last prompts only, and no more text than there is room for', () => {
    const recording = new PromptRecording();
    recording.start();
    const part = { kind: 'prefix' as const, label: '', why: '', text: 'x'.repeat(MAX_RECORDED_CHARS) };
    for (let id = 0; id <= MAX_RECORDED_PROMPTS; id++) recording.note(`${id}`, () => [part, part]);
    expect(recording.find('0')).toBeUndefined();
    expect(recording.find('1')?.map(({ text }) => text.length)).toEqual([MAX_RECORDED_CHARS, 0]);
  });
});
