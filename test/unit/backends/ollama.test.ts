import { describe, expect, it } from 'vitest';
import { type GenerateRequest, GREEDY, type StreamPart } from '../../../src/backends/backend.ts';
import { BackendFailure } from '../../../src/backends/failure.ts';
import { createOllamaBackend } from '../../../src/backends/ollama.ts';
import type { OllamaRunnerOptions } from '../../../src/backends/ollamaRequest.ts';
import { FakeClock } from '../../support/fakeClock.ts';
import { jsonAnswer, linesAnswer, type ScriptedAnswer, ScriptedHttp } from '../../support/scriptedHttp.ts';

const call = { signal: new AbortController().signal };
const RUNNER: OllamaRunnerOptions = { num_ctx: 4096 };
const RAW: GenerateRequest = {
  model: 'm',
  prompt: { kind: 'raw', text: 'const a = ' },
  maxTokens: 32,
  stop: ['\n\n'],
  sampling: { ...GREEDY, seed: 7 },
  delivery: 'whole',
  limits: { firstByteMs: 1000, betweenEventsMs: 500 },
};
const CHAT: GenerateRequest = {
  ...RAW,
  prompt: { kind: 'chat', messages: [{ role: 'user', content: 'hello' }], thinking: 'off' },
  delivery: 'streamed',
};
const DONE = {
  response: '',
  done: true,
  done_reason: 'stop',
  load_duration: 5_000_000,
  prompt_eval_count: 12,
  eval_count: 3,
};
const FIXED = { model: 'm', keep_alive: '30m', truncate: false, shift: false };
const OPTIONS = {
  num_predict: 32,
  temperature: 0,
  top_p: 1,
  top_k: 1,
  min_p: 0,
  repeat_penalty: 1,
  seed: 7,
  stop: ['\n\n'],
  num_ctx: 4096,
};

type Answers = Readonly<Record<string, ScriptedAnswer | readonly ScriptedAnswer[]>>;

/** Answers by path; a list is used up one by one. */
function ollamaWith(answers: Answers, keepAliveMinutes = 30) {
  const queues = new Map(Object.entries(answers).map(([path, answer]) => [path, [answer].flat()]));
  const http = new ScriptedHttp(({ url }) => {
    const queue = queues.get(new URL(url).pathname) ?? [];
    return queue.length > 1 ? queue.shift() : queue[0];
  });
  const backend = createOllamaBackend({
    http,
    clock: new FakeClock(),
    url: 'http://127.0.0.1:11434',
    keyFor: async () => undefined,
    keepAliveMinutes: () => keepAliveMinutes,
    runnerOptions: () => RUNNER,
    serverVersion: '0.24.0',
  });
  return { http, backend };
}

async function ask(request: GenerateRequest, answer: ScriptedAnswer, path = '/api/generate') {
  const { http, backend } = ollamaWith({ [path]: answer });
  const parts: StreamPart[] = [];
  for await (const part of backend.generate(request, call)) parts.push(part);
  return { http, parts };
}

describe('what is sent', () => {
  it('is a raw prompt that is refused rather than cut', async () => {
    const { http } = await ask(RAW, jsonAnswer(DONE));
    expect(http.last).toMatchObject({ method: 'POST', url: 'http://127.0.0.1:11434/api/generate' });
    expect(http.last.headers).toEqual({});
    expect(http.last.body).toEqual({
      ...FIXED,
      prompt: 'const a = ',
      raw: true,
      think: false,
      stream: false,
      options: OPTIONS,
    });
    expect(http.last.request.limits).toEqual(RAW.limits);
  });

  it('has a suffix only for a model that nobody else knows the markers of', async () => {
    const fim = (suffix: string): GenerateRequest => ({
      ...RAW,
      prompt: { kind: 'fim', prefix: 'p', suffix, extra: [{ path: 'a.ts', text: 'x' }] },
    });
    const { http } = await ask(fim('s'), jsonAnswer(DONE));
    expect(http.last.body).toMatchObject({ prompt: 'a.ts\nx\np', suffix: 's', think: false });
    expect(http.last.body).not.toHaveProperty('raw');
    // An empty suffix would make it a prompt without a hole.
    expect((await ask(fim(''), jsonAnswer(DONE))).http.last.body).toMatchObject({ suffix: '\n' });
  });

  it('has the same runner options for chat, completion and warm-up', async () => {
    const chat = await ask(CHAT, linesAnswer(DONE), '/api/chat');
    expect(chat.http.last.body).toEqual({
      ...FIXED,
      messages: [{ role: 'user', content: 'hello' }],
      think: false,
      stream: true,
      options: OPTIONS,
    });
    const { http, backend } = ollamaWith({ '/api/generate': jsonAnswer({ done: true, done_reason: 'load' }) });
    expect(await backend.warmUp('m', call)).toEqual({ ok: true, value: undefined });
    expect(http.last.body).toEqual({ ...FIXED, prompt: '', stream: false, options: RUNNER });
  });

  it('writes messages, images, calls and tools as Ollama has them', async () => {
    const { http } = await ask(
      {
        ...CHAT,
        prompt: {
          kind: 'chat',
          thinking: 'high',
          messages: [
            { role: 'user', content: 'u', images: [{ mimeType: 'image/png', base64: 'aGk=' }] },
            { role: 'assistant', content: '', toolCalls: [{ id: 'c1', name: 'f', argumentsJson: '{"a":1}' }] },
            { role: 'tool', content: 'r', toolCallId: 'c1', toolName: 'f' },
          ],
          tools: [{ name: 'f', description: 'd', parametersJsonSchema: { type: 'object' } }],
        },
      },
      linesAnswer(DONE),
      '/api/chat',
    );
    expect(http.last.body).toMatchObject({
      messages: [
        { role: 'user', content: 'u', images: ['aGk='] },
        { role: 'assistant', content: '', tool_calls: [{ id: 'c1', function: { name: 'f', arguments: { a: 1 } } }] },
        { role: 'tool', content: 'r', tool_name: 'f', tool_call_id: 'c1' },
      ],
      tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' } } }],
      think: true,
    });
  });

  it('has levels of thinking only for the models that have them', async () => {
    const prompt = { kind: 'chat', messages: [], thinking: 'low' } as const;
    const { http } = await ask({ ...CHAT, model: 'gpt-oss:20b', prompt }, linesAnswer(DONE), '/api/chat');
    expect(http.last.body).toMatchObject({ think: 'low' });
  });

  it('keeps a model for ever where the user wants that', async () => {
    const { http, backend } = ollamaWith({ '/api/generate': jsonAnswer({ done: true }) }, -1);
    await backend.warmUp('m', call);
    expect(http.last.body).toMatchObject({ keep_alive: -1 });
    await backend.unload('m', call);
    expect(http.last.body).toEqual({ model: 'm', prompt: '', keep_alive: 0, stream: false });
  });

  it('carries no key that the environment holds, wherever it goes', async () => {
    process.env.OLLAMA_API_KEY = 'from-the-environment';
    try {
      const http = new ScriptedHttp(() => jsonAnswer(DONE));
      const backend = createOllamaBackend({
        http,
        clock: new FakeClock(),
        url: 'https://ollama.com',
        keyFor: async () => undefined,
        keepAliveMinutes: () => 5,
        runnerOptions: () => ({}),
        serverVersion: undefined,
      });
      for await (const _part of backend.generate(RAW, call));
      expect(JSON.stringify(http.last.headers)).not.toContain('from-the-environment');
    } finally {
      delete process.env.OLLAMA_API_KEY;
    }
  });
});

describe('what is read', () => {
  const USAGE = { inputTokens: 12, cachedInputTokens: undefined, outputTokens: 3, source: 'reported' };

  it('is a whole answer', async () => {
    const { parts } = await ask(RAW, jsonAnswer({ ...DONE, response: 'ab', done_reason: 'length' }));
    expect(parts).toEqual([
      { type: 'text', text: 'ab' },
      { type: 'finish', reason: 'length', usage: USAGE, serverTimings: { loadMs: 5 } },
    ]);
  });

  it('is a stream, with thoughts and tool calls', async () => {
    const answer = linesAnswer(
      { message: { content: '', thinking: 't' }, done: false },
      { message: { content: 'a' }, done: false },
      { message: { content: '', tool_calls: [{ function: { name: 'f', arguments: { a: 1 } } }] }, done: false },
      { ...DONE, message: { content: '' } },
    );
    const { parts } = await ask(CHAT, answer, '/api/chat');
    expect(parts).toMatchObject([
      { type: 'thinking', text: 't' },
      { type: 'text', text: 'a' },
      { type: 'toolCall', call: { id: 'call-0', name: 'f', argumentsJson: '{"a":1}' } },
      { type: 'finish', reason: 'toolCalls', usage: USAGE },
    ]);
  });

  it('is an answer that was cut where the closing line is missing', async () => {
    const streamed = await ask({ ...RAW, delivery: 'streamed' }, linesAnswer({ response: 'a', done: false }));
    expect(streamed.parts).toMatchObject([
      { type: 'text', text: 'a' },
      { type: 'finish', reason: 'cut' },
    ]);
    const whole = await ask(RAW, jsonAnswer({ response: 'a', done: false }));
    expect(whole.parts).toMatchObject([
      { type: 'text', text: 'a' },
      { type: 'finish', reason: 'cut' },
    ]);
  });

  it('is an error in a line of a good answer', async () => {
    const answer = linesAnswer({ response: 'a', done: false }, { error: 'model runner has unexpectedly stopped' });
    const { parts } = await ask({ ...RAW, delivery: 'streamed' }, answer);
    expect(parts).toMatchObject([{ type: 'text' }, { type: 'failed', error: { kind: 'serverFailed', status: 500 } }]);
  });

  it('is a failure where a line is not JSON, and nothing of it is printed', async () => {
    const answer = { contentType: 'application/x-ndjson', body: ['{"response":"secret', '"}garbage\n'] };
    const { parts } = await ask({ ...RAW, delivery: 'streamed' }, answer);
    expect(parts).toEqual([
      { type: 'failed', error: { kind: 'protocol', detail: 'a line of the answer is not valid JSON' } },
    ]);
  });

  it('is a failure that happened on the way', async () => {
    const { parts } = await ask(RAW, new BackendFailure({ kind: 'unreachable', detail: 'gone' }));
    expect(parts).toEqual([{ type: 'failed', error: { kind: 'unreachable', detail: 'gone' } }]);
  });

  it('is log-probabilities where they were asked for', async () => {
    const logprobs = [{ token: 'a', logprob: -0.5 }];
    const { parts, http } = await ask({ ...RAW, withLogprobs: true }, jsonAnswer({ ...DONE, response: 'a', logprobs }));
    expect(http.last.body).toMatchObject({ logprobs: true });
    expect(parts[0]).toEqual({ type: 'text', text: 'a', logprobs: [-0.5] });
  });

  it('is nothing at all where the caller has given up', async () => {
    const { backend } = ollamaWith({ '/api/generate': new DOMException('x', 'AbortError') });
    const parts: StreamPart[] = [];
    for await (const part of backend.generate(RAW, { signal: AbortSignal.abort() })) parts.push(part);
    expect(parts).toEqual([]);
  });

  it('leaves the answer as soon as nobody reads it', async () => {
    const lines = Array.from({ length: 100 }, () => ({ response: 'a', done: false }));
    const { http, backend } = ollamaWith({ '/api/generate': linesAnswer(...lines) });
    for await (const _part of backend.generate({ ...RAW, delivery: 'streamed' }, call)) break;
    expect(http.last.request.signal.aborted).toBe(true);
  });
});

describe('a model that runs elsewhere', () => {
  const REMOTE = { ...DONE, response: 'a', remote_model: 'gpt-oss:120b', remote_host: 'https://ollama.com:443' };

  it('is a failure where nothing said so before', async () => {
    const { parts } = await ask(RAW, jsonAnswer(REMOTE));
    expect(parts).toEqual([{ type: 'failed', error: { kind: 'wentRemote', host: 'https://ollama.com:443' } }]);
  });

  it('is told with the answer where it was known', async () => {
    const { parts } = await ask({ ...RAW, model: 'gpt-oss:120b-cloud' }, jsonAnswer(REMOTE));
    expect(parts.at(-1)).toMatchObject({ type: 'finish', wentRemote: true });
    const { backend } = ollamaWith({
      '/api/tags': jsonAnswer({ models: [{ name: 'mine:latest', remote_host: 'https://ollama.com:443' }] }),
      '/api/generate': jsonAnswer(REMOTE),
    });
    await backend.listModels(call);
    const after: StreamPart[] = [];
    for await (const part of backend.generate({ ...RAW, model: 'mine' }, call)) after.push(part);
    expect(after.at(-1)).toMatchObject({ type: 'finish', wentRemote: true });
  });

  it.each([
    ['m:cloud', {}, true],
    ['gpt-oss:120b-cloud', {}, true],
    ['mine:latest', { remote_host: 'https://ollama.com:443' }, true],
    ['mine:latest', { remote_model: 'x' }, true],
    ['mine:latest', { remote_host: '' }, false],
    ['cloud:7b', {}, false],
  ])('%s %j: %s', async (name, more, isRemote) => {
    const { backend } = ollamaWith({ '/api/tags': jsonAnswer({ models: [{ name, ...more }] }) });
    expect(await backend.listModels(call)).toMatchObject({ ok: true, value: [{ name, isRemote }] });
  });
});

describe('what a model is', () => {
  const SHOWN = {
    template: '{{ .Prompt }}',
    parameters: 'temperature                    0.2\nnum_ctx                        2048\nstop "<|x|>"',
    capabilities: ['completion', 'insert'],
    model_info: {
      'general.architecture': 'qwen2',
      'general.basename': 'Qwen2.5-Coder',
      'qwen2.context_length': 32768,
      'tokenizer.ggml.fim_pre_token_id': 1,
      'tokenizer.ggml.fim_suf_token_id': 2,
      'tokenizer.ggml.fim_mid_token_id': 3,
      'tokenizer.ggml.tokens': null,
    },
  };
  const VERBOSE = {
    ...SHOWN,
    model_info: { ...SHOWN.model_info, 'tokenizer.ggml.tokens': ['!', '<P>', '<S>', '<M>'] },
  };
  const TAGS = jsonAnswer({
    models: [{ name: 'm:latest', size: 100, details: { parameter_size: '1.5B', quantization_level: 'Q4_K_M' } }],
  });

  it('comes from the list, the description and, for its markers, the vocabulary', async () => {
    const { backend, http } = ollamaWith({
      '/api/tags': TAGS,
      '/api/ps': jsonAnswer({ models: [] }),
      '/api/show': [jsonAnswer(SHOWN), jsonAnswer(VERBOSE)],
    });
    expect(await backend.describeModel('m', call)).toEqual({
      ok: true,
      value: {
        name: 'm',
        sizeBytes: 100,
        quantization: 'Q4_K_M',
        parameterSize: '1.5B',
        isRemote: false,
        architecture: 'qwen2',
        aliases: ['Qwen2.5-Coder'],
        contextTokens: 4096,
        trainedContextTokens: 32768,
        capabilities: { serverFim: true, chat: true, tools: false, thinking: false, images: false },
        fimMarkers: { prefix: '<P>', suffix: '<S>', middle: '<M>' },
        chatTemplate: '{{ .Prompt }}',
      },
    });
    expect(http.seen.filter(({ url }) => url.endsWith('/api/show')).map(({ body }) => body)).toEqual([
      { model: 'm' },
      { model: 'm', verbose: true },
    ]);
  });

  it('is not asked for its vocabulary again while its file is the same', async () => {
    const tags = (digest: string) => jsonAnswer({ models: [{ name: 'm:latest', digest }] });
    const { backend, http } = ollamaWith({
      '/api/tags': [tags('one'), tags('one'), tags('two')],
      '/api/ps': jsonAnswer({ models: [] }),
      '/api/show': jsonAnswer(VERBOSE),
    });
    const verbose = () => http.seen.filter(({ body }) => Object.hasOwn(Object(body), 'verbose')).length;
    const counts: number[] = [];
    for (let look = 0; look < 3; look++) {
      expect(await backend.describeModel('m', call)).toMatchObject({ value: { fimMarkers: { prefix: '<P>' } } });
      counts.push(verbose());
    }
    expect(counts).toEqual([1, 1, 2]);
  });

  it('has the window that the server allocated, where it is in memory', async () => {
    const { backend } = ollamaWith({
      '/api/tags': TAGS,
      '/api/ps': jsonAnswer({
        models: [{ name: 'm:latest', size: 7, context_length: 1024, expires_at: '2026-11-23T12:00:00Z' }],
      }),
      '/api/show': jsonAnswer({ ...SHOWN, model_info: { 'general.architecture': 'qwen2' } }),
    });
    expect(await backend.describeModel('m', call)).toMatchObject({ value: { contextTokens: 1024 } });
    expect(await backend.residency('m', call)).toEqual({
      ok: true,
      value: {
        state: 'resident',
        sizeBytes: 7,
        contextTokens: 1024,
        untilMs: Date.parse('2026-11-23T12:00:00Z'),
      },
    });
    expect(await backend.residency('m:q8', call)).toEqual({ ok: true, value: { state: 'absent' } });
  });

  it('is missing where the server says so', async () => {
    const { backend } = ollamaWith({
      '/api/tags': TAGS,
      '/api/ps': jsonAnswer({ models: [] }),
      '/api/show': jsonAnswer({ error: "model 'x' not found" }, 404),
    });
    expect(await backend.describeModel('x', call)).toEqual({ ok: false, error: { kind: 'modelMissing', model: 'x' } });
  });
});
