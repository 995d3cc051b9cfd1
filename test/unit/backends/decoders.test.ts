import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Backend, type GenerateRequest, GREEDY, type StreamPart } from '../../../src/backends/backend.ts';
import { createLlamaServerBackend } from '../../../src/backends/llamaServer.ts';
import { createOllamaBackend } from '../../../src/backends/ollama.ts';
import { createOpenAiBackend } from '../../../src/backends/openAiCompatible.ts';
import { FakeClock } from '../../support/fakeClock.ts';
import { ScriptedHttp } from '../../support/scriptedHttp.ts';

// Any bytes, cut anywhere, through the whole way from the socket to the parts.

interface Format {
  readonly name: string;
  readonly contentType: string;
  readonly bytes: Buffer;
  readonly ask: 'raw' | 'fim' | 'chat';
  readonly backendOf: (http: ScriptedHttp) => Backend;
}

const shared = (http: ScriptedHttp) => ({
  http,
  clock: new FakeClock(),
  url: 'http://127.0.0.1:1234',
  keyFor: async () => undefined,
});
const openAi = (http: ScriptedHttp) => createOpenAiBackend({ ...shared(http), flavor: 'vllm' });
const llama = (http: ScriptedHttp) => createLlamaServerBackend(shared(http));
const ollama = (http: ScriptedHttp) =>
  createOllamaBackend({
    ...shared(http),
    keepAliveMinutes: () => 5,
    runnerOptions: () => ({}),
    serverVersion: '0.24.0',
  });

const lines = (...values: readonly object[]) => values.map(value => `${JSON.stringify(value)}\n`).join('');
const events = (...values: readonly object[]) => values.map(value => `data: ${JSON.stringify(value)}\r\n\r\n`).join('');
const USAGE = { prompt_tokens: 12, completion_tokens: 3 };
const TIMINGS = { cache_n: 1, prompt_n: 2, predicted_n: 3, prompt_ms: 1, predicted_ms: 1 };

const FORMATS: readonly Format[] = [
  {
    name: 'Ollama generate',
    contentType: 'application/x-ndjson',
    bytes: Buffer.from(
      lines(
        { response: 'größe', done: false },
        { response: ' 🐟', done: false },
        { response: '', done: true, done_reason: 'stop', prompt_eval_count: 12, eval_count: 3 },
      ),
    ),
    ask: 'raw',
    backendOf: ollama,
  },
  {
    name: 'OpenAI completions',
    contentType: 'text/event-stream',
    bytes: Buffer.from(
      `: ping\n\n${events({ choices: [{ text: 'größe' }] }, { choices: [{ text: ' 🐟', finish_reason: 'stop' }] }, { choices: [], usage: USAGE })}data: [DONE]\n\n`,
    ),
    ask: 'raw',
    backendOf: openAi,
  },
  {
    name: 'OpenAI chat',
    contentType: 'text/event-stream',
    bytes: Buffer.from(
      `${events({ choices: [{ delta: { role: 'assistant', content: null } }] }, { choices: [{ delta: { reasoning: 'größe' } }] }, { choices: [{ delta: { content: '🐟' } }] }, { choices: [{ delta: { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '{"a":1}' } }] }, finish_reason: 'tool_calls' }] })}data: [DONE]\n\n`,
    ),
    ask: 'chat',
    backendOf: openAi,
  },
  {
    name: 'llama.cpp infill',
    contentType: 'text/event-stream',
    bytes: Buffer.from(
      events({ content: 'größe 🐟', stop: false }, { content: '', stop: true, stop_type: 'eos', timings: TIMINGS }),
    ),
    ask: 'fim',
    backendOf: llama,
  },
];

const PROMPTS = {
  raw: { kind: 'raw', text: 'x' },
  fim: { kind: 'fim', prefix: 'x', suffix: '', extra: [] },
  chat: { kind: 'chat', messages: [], thinking: 'off' },
} as const;

async function read(format: Format, body: readonly Uint8Array[]): Promise<StreamPart[]> {
  const http = new ScriptedHttp(() => ({ contentType: format.contentType, body }));
  const request: GenerateRequest = {
    model: 'm',
    prompt: PROMPTS[format.ask],
    maxTokens: 8,
    stop: [],
    sampling: GREEDY,
    delivery: 'streamed',
    limits: { firstByteMs: 1000, betweenEventsMs: 1000 },
  };
  const parts: StreamPart[] = [];
  const call = { signal: new AbortController().signal };
  for await (const part of format.backendOf(http).generate(request, call)) parts.push(part);
  return parts;
}

describe.each(FORMATS)('$name', format => {
  const { bytes } = format;

  it('says the same wherever the bytes are cut', async () => {
    const whole = await read(format, [bytes]);
    expect(whole.length).toBeGreaterThan(1);
    expect(whole.at(-1)).toMatchObject({ type: 'finish' });
    expect(JSON.stringify(whole)).toContain('größe');
    for (let place = 0; place <= bytes.length; place++) {
      expect(await read(format, [bytes.subarray(0, place), bytes.subarray(place)])).toEqual(whole);
    }
    expect(
      await read(
        format,
        [...bytes].map(byte => Uint8Array.of(byte)),
      ),
    ).toEqual(whole);
  });

  it('is an answer that was cut wherever it breaks off before its end', async () => {
    for (let place = 0; place < bytes.length; place++) {
      const last = (await read(format, [bytes.subarray(0, place)])).at(-1);
      expect(last).toMatchObject({ type: 'finish' });
    }
    expect((await read(format, [bytes.subarray(0, bytes.length / 2)])).at(-1)).toMatchObject({ reason: 'cut' });
  });

  it('ends in exactly one way, whatever the bytes are', async () => {
    const change = fc.record({ at: fc.nat(bytes.length - 1), byte: fc.integer({ min: 0, max: 255 }) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 6 }), async changes => {
        const damaged = Buffer.from(bytes);
        for (const { at, byte } of changes) damaged[at] = byte;
        const parts = await read(format, [damaged]);
        const ends = parts.filter(({ type }) => type === 'finish' || type === 'failed');
        expect(ends).toHaveLength(1);
        expect(parts.at(-1)).toBe(ends[0]);
      }),
    );
  });

  it('ends in exactly one way, whatever JSON the events are', async () => {
    const isLines = format.contentType === 'application/x-ndjson';
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 4 }), async values => {
        const text = values.map(value => `${isLines ? '' : 'data: '}${JSON.stringify(value)}\n${isLines ? '' : '\n'}`);
        const parts = await read(format, [Buffer.from(text.join(''))]);
        expect(parts.at(-1)?.type).toMatch(/finish|failed/);
      }),
    );
  });
});
