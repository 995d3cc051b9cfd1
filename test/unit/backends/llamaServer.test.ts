import { describe, expect, it } from 'vitest';
import { type FimPrompt, type GenerateRequest, GREEDY, type StreamPart } from '../../../src/backends/backend.ts';
import { createLlamaServerBackend } from '../../../src/backends/llamaServer.ts';
import { FakeClock } from '../../support/fakeClock.ts';
import { eventsAnswer, jsonAnswer, type ScriptedAnswer, ScriptedHttp } from '../../support/scriptedHttp.ts';

const call = { signal: new AbortController().signal };
const FIM: FimPrompt = { kind: 'fim', prefix: 'p', suffix: 's', extra: [{ path: 'a.ts', text: 'x' }] };
const REQUEST: GenerateRequest = {
  model: 'tiny',
  prompt: FIM,
  maxTokens: 32,
  stop: ['\n\n'],
  sampling: GREEDY,
  delivery: 'whole',
  limits: { firstByteMs: 1000, betweenEventsMs: 500 },
};
const LAST = {
  content: '',
  stop: true,
  stop_type: 'eos',
  tokens_cached: 999,
  timings: { cache_n: 21, prompt_n: 1, prompt_ms: 2, predicted_n: 18, predicted_ms: 6 },
};
const MODELS = jsonAnswer({
  data: [{ id: 'tiny', meta: { n_ctx: 2048, n_ctx_train: 32768, size: 100, ftype: 'Q8_0' } }],
});
const props = (contextTokens: number) =>
  jsonAnswer({
    default_generation_settings: { n_ctx: contextTokens },
    model_path: '/models/Qwen2.5-Coder-0.5B.gguf',
    chat_template: '{{ messages }}',
    chat_template_caps: { supports_tools: true },
    modalities: { vision: false },
  });

function serverWith(paths: Readonly<Record<string, ScriptedAnswer>>, url = 'http://127.0.0.1:8080') {
  const http = new ScriptedHttp(seen => paths[new URL(seen.url).pathname]);
  const backend = createLlamaServerBackend({ http, clock: new FakeClock(), url, keyFor: async () => 'secret' });
  const ask = async (request: GenerateRequest) => {
    const parts: StreamPart[] = [];
    for await (const part of backend.generate(request, call)) parts.push(part);
    return parts;
  };
  return { http, backend, ask };
}

describe('a fill-in-the-middle prompt', () => {
  const SENT = {
    n_predict: 32,
    temperature: 0,
    top_p: 1,
    top_k: 1,
    min_p: 0,
    repeat_penalty: 1,
    stop: ['\n\n'],
    // Also where it is wanted whole: only of a stream the server notices an abort at once.
    stream: true,
    cache_prompt: true,
  };

  it('goes to /infill, with other files before the prefix where the context has no room for them', async () => {
    const { http, ask } = serverWith({ '/infill': eventsAnswer(LAST) });
    await ask(REQUEST);
    expect(http.last).toMatchObject({
      url: 'http://127.0.0.1:8080/infill',
      headers: { authorization: 'Bearer secret' },
    });
    expect(http.last.body).toEqual({ ...SENT, input_prefix: 'a.ts\nx\np', input_suffix: 's', input_extra: [] });
  });

  it('has them in their own place where the context is known to be large enough', async () => {
    const { http, backend, ask } = serverWith({
      '/infill': eventsAnswer(LAST),
      '/v1/models': MODELS,
      '/props': props(8192),
    });
    await backend.describeModel('tiny', call);
    await ask(REQUEST);
    expect(http.last.body).toEqual({
      ...SENT,
      input_prefix: 'p',
      input_suffix: 's',
      input_extra: [{ filename: 'a.ts', text: 'x' }],
    });
  });

  it('is answered in the server’s own format', async () => {
    const { ask } = serverWith({
      '/infill': eventsAnswer({ content: 'a', stop: false }, { content: 'b', stop: false }, LAST),
    });
    expect(await ask(REQUEST)).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
      {
        type: 'finish',
        reason: 'stop',
        usage: { inputTokens: 22, cachedInputTokens: 21, outputTokens: 18, source: 'reported' },
        serverTimings: { prefillMs: 2, decodeMs: 6 },
      },
    ]);
  });

  it.each([
    ['the limit', { ...LAST, stop_type: 'limit' }, { type: 'finish', reason: 'length' }],
    ['nothing that closes it', { content: 'a', stop: false }, { type: 'finish', reason: 'cut' }],
    ['an error', { error: { code: 500, message: 'boom' } }, { type: 'failed', error: { kind: 'serverFailed' } }],
  ])('ends with %s', async (_case, last, expected) => {
    const { ask } = serverWith({ '/infill': eventsAnswer(last) });
    expect((await ask(REQUEST)).at(-1)).toMatchObject(expected);
  });
});

it('asks everything else by the OpenAI protocol, also where the address has /v1', async () => {
  const { http, ask } = serverWith({ '/v1/completions': eventsAnswer('[DONE]') }, 'http://127.0.0.1:8080/v1/');
  await ask({ ...REQUEST, prompt: { kind: 'raw', text: 'x' } });
  expect(http.last.url).toBe('http://127.0.0.1:8080/v1/completions');
  expect(http.last.body).toMatchObject({ prompt: 'x', cache_prompt: true, stream: true, repeat_penalty: 1 });
});

describe('what the server has', () => {
  it('is described by its list and its properties', async () => {
    const { backend } = serverWith({ '/infill': jsonAnswer(LAST), '/v1/models': MODELS, '/props': props(2048) });
    expect(await backend.describeModel('tiny', call)).toMatchObject({
      ok: true,
      value: {
        name: 'tiny',
        sizeBytes: 100,
        quantization: 'Q8_0',
        aliases: ['/models/Qwen2.5-Coder-0.5B.gguf'],
        contextTokens: 2048,
        trainedContextTokens: 32768,
        capabilities: { serverFim: true, chat: true, tools: true, images: false },
      },
    });
  });

  it('has no place for a suffix where /infill says so', async () => {
    const refusal = jsonAnswer({ error: { code: 501, message: 'Infill is not supported by this model' } }, 501);
    const { backend } = serverWith({ '/infill': refusal, '/v1/models': MODELS, '/props': props(2048) });
    expect(await backend.describeModel('tiny', call)).toMatchObject({ value: { capabilities: { serverFim: false } } });
  });

  it('is asked about /infill only once, since the question takes a slot and its cache', async () => {
    const { backend, http } = serverWith({ '/infill': jsonAnswer(LAST), '/v1/models': MODELS, '/props': props(2048) });
    await backend.describeModel('tiny', call);
    await backend.describeModel('tiny', call);
    expect(http.seen.filter(({ url }) => url.endsWith('/infill'))).toHaveLength(1);
  });

  it('is loading, there or not reached', async () => {
    const loading = jsonAnswer({ error: { code: 503, message: 'Loading model' } }, 503);
    const states = [loading, jsonAnswer({ status: 'ok' }), undefined].map(health =>
      serverWith({ '/health': health }).backend.residency('tiny', call),
    );
    expect(await Promise.all(states)).toMatchObject([
      { ok: true, value: { state: 'loading' } },
      { ok: true, value: { state: 'resident' } },
      { ok: false, error: { kind: 'notAnApi' } },
    ]);
  });
});
