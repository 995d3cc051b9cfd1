// What real servers sent (test/fixtures/streams), through the real backend and the real door into the ledger. The clock is
// scripted, so each expectation below is worked out by hand: 3 ms to connect, 40 ms to the first piece, 5 ms between pieces.
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { Dialect, FimPrompt, RawPrompt } from '../../../src/backends/backend.ts';
import type { Http, HttpRequest, HttpResponse } from '../../../src/backends/http.ts';
import { type Clock, sleep } from '../../../src/base/clock.ts';
import { migrate } from '../../../src/metering/ledgerSchema.ts';
import { LedgerStore } from '../../../src/metering/ledgerStore.ts';
import { Stopwatch } from '../../../src/metering/stopwatch.ts';
import { backendFor } from '../../support/backendFor.ts';
import { candidate, doorHarness, draft, joinText, REQUEST } from '../../support/doorHarness.ts';
import { FakeClock } from '../../support/fakeClock.ts';

const CONNECT_MS = 3;
const FIRST_PIECE_MS = 40;
const BETWEEN_PIECES_MS = 5;

interface RecordedStream {
  readonly contentType: string;
  readonly chunks: readonly string[];
}

function recorded(name: string): RecordedStream {
  return JSON.parse(readFileSync(join(resolve(import.meta.dirname, '../../fixtures/streams'), `${name}.json`), 'utf8'));
}

function replayedBy(clock: Clock, { contentType, chunks }: RecordedStream): Http {
  async function* body({ signal }: HttpRequest) {
    for (const [index, chunk] of chunks.entries()) {
      await sleep(clock, index === 0 ? FIRST_PIECE_MS : BETWEEN_PIECES_MS, signal);
      yield Buffer.from(chunk);
    }
  }
  return {
    async send(request): Promise<HttpResponse> {
      await sleep(clock, CONNECT_MS, request.signal);
      request.onPhase?.('requestSent');
      request.onPhase?.('headers');
      const ignored = { heard() {}, done() {}, discard() {} };
      return { status: 200, contentType, retryAfter: undefined, body: body(request), ...ignored };
    },
    dispose() {},
  };
}

const FIM: FimPrompt = {
  kind: 'fim',
  prefix: 'def add(a, b):\n    return ',
  suffix: '\n\nprint(add(1, 2))\n',
  extra: [],
};
const RAW: RawPrompt = { kind: 'raw', text: 'the markers are not of interest here' };

async function rowOf(name: string, dialect: Dialect, prompt: FimPrompt | RawPrompt) {
  const clock = new FakeClock(1_000);
  const stream = recorded(name);
  const backend = backendFor({ url: 'http://127.0.0.1:8080', dialect, http: replayedBy(clock, stream), clock });
  const { door, records } = doorHarness(clock, [candidate('engine', backend, { model: 'minnow-tiny' })]);
  const stopwatch = new Stopwatch(clock);
  await clock.advance(50);
  stopwatch.lap('debounceMs');
  const build = () => ({ ok: true as const, request: { ...REQUEST, model: 'minnow-tiny', prompt } });
  const running = door.run(draft(clock, { stopwatch, build }), new AbortController().signal, joinText);
  await clock.advance(1_000);
  const result = await running;
  const database = new DatabaseSync(':memory:');
  migrate(database);
  new LedgerStore(database).write({ requests: records, acceptances: [] });
  const row = { ...database.prepare('SELECT * FROM requests').get() };
  return { row, chunks: stream.chunks.length, text: result.kind === 'answered' ? result.value : result.kind };
}

/** What all three have in common: who asked, the wait before, and that nothing follows the last piece. */
const COMMON = {
  id: 'r1',
  started_at_ms: 1_000,
  purpose: 'completion',
  endpoint: 'engine',
  model: 'minnow-tiny',
  locality: 'loopback',
  debounce_ms: 50,
  context_ms: null,
  queue_ms: 0,
  connect_ms: 3,
  first_token_ms: 40,
  trim_ms: 0,
  usage_source: 'reported',
  finish_reason: 'length',
  cost_micro_usd: 0,
  cost_source: 'local',
  outcome: 'answered',
  reason: null,
};

describe('the row of a recorded stream', () => {
  it('of Ollama: no word of cached tokens, times in nanoseconds', async () => {
    const { row, chunks, text } = await rowOf('ollama', 'ollama', RAW);
    expect(text).toBe('a + b\n\n\ndef sum(values):\n    total');
    expect(chunks).toBe(9);
    expect(row).toMatchObject({
      ...COMMON,
      dialect: 'ollama',
      generate_ms: 8 * 5,
      total_ms: 50 + 3 + 40 + 8 * 5,
      input_tokens: 22,
      cached_input_tokens: null,
      output_tokens: 12,
      server_load_ms: 6.661921,
      server_prefill_ms: 0.720382,
      server_decode_ms: 12.141521,
    });
  });

  it('of llama.cpp: the prompt is what was evaluated and what was cached', async () => {
    const { row, chunks, text } = await rowOf('llama', 'llama.cpp', FIM);
    expect(text).toBe('a + b\n\n\ndef factorial(n):\n    if');
    expect(chunks).toBe(9);
    expect(row).toMatchObject({
      ...COMMON,
      dialect: 'llama.cpp',
      generate_ms: 8 * 5,
      total_ms: 50 + 3 + 40 + 8 * 5,
      input_tokens: 1 + 23,
      cached_input_tokens: 23,
      output_tokens: 12,
      server_load_ms: null,
      server_prefill_ms: 2.645,
      server_decode_ms: 18.673,
    });
  });

  it('of vLLM: usage and times come behind the text; nothing cached is known, and is 0', async () => {
    const { row, chunks, text } = await rowOf('vllm', 'openai', RAW);
    expect(text).toBe('a + b\n\n\ndef sum(values):\n    return');
    expect(chunks).toBe(12);
    expect(row).toMatchObject({
      ...COMMON,
      dialect: 'openai',
      generate_ms: 11 * 5,
      total_ms: 50 + 3 + 40 + 11 * 5,
      input_tokens: 22,
      cached_input_tokens: 0,
      output_tokens: 12,
      server_queue_ms: 0.026820000130101107,
      server_prefill_ms: 17.391051000231528,
      server_decode_ms: 105.92331399948307,
    });
  });
});
