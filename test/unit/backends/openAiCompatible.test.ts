import { describe, expect, it } from 'vitest';
import { type ChatPrompt, type GenerateRequest, GREEDY, type StreamPart } from '../../../src/backends/backend.ts';
import type { Flavor } from '../../../src/backends/dialects.ts';
import { refusedFieldOf } from '../../../src/backends/errors.ts';
import { createOpenAiBackend, openAiBaseUrl } from '../../../src/backends/openAiCompatible.ts';
import { FakeClock } from '../../support/fakeClock.ts';
import { eventsAnswer, jsonAnswer, type ScriptedAnswer, ScriptedHttp } from '../../support/scriptedHttp.ts';

const call = { signal: new AbortController().signal };
const RAW: GenerateRequest = {
  model: 'm',
  prompt: { kind: 'raw', text: 'const a = ' },
  maxTokens: 32,
  stop: ['\n\n', '<|endoftext|>'],
  sampling: { ...GREEDY, seed: 7 },
  delivery: 'streamed',
  limits: { firstByteMs: 1000, betweenEventsMs: 500 },
};
const CHAT: GenerateRequest = {
  ...RAW,
  prompt: { kind: 'chat', messages: [{ role: 'user', content: 'hello' }], thinking: 'off' },
};

function chatWith(prompt: Partial<ChatPrompt>): GenerateRequest {
  return { ...CHAT, prompt: { kind: 'chat', messages: [], thinking: 'off', ...prompt } };
}

async function ask(
  request: GenerateRequest,
  { answer, flavor = 'vllm' }: { answer?: ScriptedAnswer; flavor?: Flavor },
) {
  const http = new ScriptedHttp(() => answer ?? eventsAnswer('[DONE]'));
  const backend = createOpenAiBackend({
    http,
    clock: new FakeClock(),
    url: 'http://127.0.0.1:8000',
    keyFor: async origin => (origin === 'http://127.0.0.1:8000' ? 'secret' : undefined),
    flavor,
  });
  const parts: StreamPart[] = [];
  for await (const part of backend.generate(request, call)) parts.push(part);
  return { http, parts };
}

async function bodyOf(request: GenerateRequest, flavor: Flavor): Promise<unknown> {
  return (await ask(request, { flavor })).http.last.body;
}

function textChoice(text: string, finish: string | null = null) {
  return { choices: [{ index: 0, text, finish_reason: finish }] };
}

function deltaChoice(delta: object, finish: string | null = null) {
  return { choices: [{ index: 0, delta, finish_reason: finish }] };
}

describe('what is sent', () => {
  it('holds every value that vLLM would otherwise take from the model', async () => {
    const { http } = await ask(RAW, {});
    expect(http.last).toMatchObject({ method: 'POST', url: 'http://127.0.0.1:8000/v1/completions' });
    expect(http.last.headers).toEqual({ authorization: 'Bearer secret' });
    expect(http.last.request.limits).toEqual(RAW.limits);
    expect(http.last.body).toEqual({
      model: 'm',
      prompt: 'const a = ',
      max_tokens: 32,
      temperature: 0,
      top_p: 1,
      top_k: 1,
      min_p: 0,
      repetition_penalty: 1,
      seed: 7,
      stop: ['\n\n', '<|endoftext|>'],
      stream: true,
      stream_options: { include_usage: true, continuous_usage_stats: true },
    });
  });

  it('keeps to what every server knows where the server is not known', async () => {
    expect(await bodyOf(RAW, 'generic')).toEqual({
      model: 'm',
      prompt: 'const a = ',
      max_tokens: 32,
      temperature: 0,
      top_p: 1,
      seed: 7,
      stop: ['\n\n', '<|endoftext|>'],
      stream: true,
      stream_options: { include_usage: true },
    });
  });

  it('names the penalty and the seed as the server does', async () => {
    expect(await bodyOf(RAW, 'lmstudio')).toMatchObject({ repeat_penalty: 1, top_k: 1, min_p: 0 });
    expect(await bodyOf(RAW, 'mistral')).toMatchObject({ random_seed: 7 });
    expect(await bodyOf(RAW, 'mistral')).not.toHaveProperty('stream_options');
  });

  it('asks for no usage in a stream where it asks for none', async () => {
    const body = await bodyOf({ ...RAW, delivery: 'whole' }, 'vllm');
    expect(body).toMatchObject({ stream: false });
    expect(body).not.toHaveProperty('stream_options');
  });

  it('sends four stop strings at most, and no empty list', async () => {
    expect(await bodyOf({ ...RAW, stop: ['a', 'b', 'c', 'd', 'e'] }, 'vllm')).toMatchObject({
      stop: ['a', 'b', 'c', 'd'],
    });
    expect(await bodyOf({ ...RAW, stop: [] }, 'vllm')).not.toHaveProperty('stop');
  });

  it('switches thinking off as the server understands it', async () => {
    const off = { chat_template_kwargs: { enable_thinking: false } };
    expect(await bodyOf(CHAT, 'vllm')).toMatchObject(off);
    expect(await bodyOf(CHAT, 'trtllm')).toMatchObject(off);
    expect(await bodyOf(CHAT, 'ollama')).toMatchObject({ reasoning_effort: 'none' });
    expect(await bodyOf(CHAT, 'generic')).not.toHaveProperty('reasoning_effort');
    expect(await bodyOf(chatWith({ thinking: 'high' }), 'generic')).toMatchObject({ reasoning_effort: 'high' });
  });

  it('writes messages, images, calls and tools as the protocol has them', async () => {
    const request = chatWith({
      messages: [
        { role: 'system', content: 's' },
        { role: 'user', content: 'u', images: [{ mimeType: 'image/png', base64: 'aGk=' }] },
        { role: 'assistant', content: '', toolCalls: [{ id: 'c1', name: 'f', argumentsJson: '{"a":1}' }] },
        { role: 'tool', content: 'r', toolCallId: 'c1', toolName: 'f' },
      ],
      tools: [{ name: 'f', description: 'd', parametersJsonSchema: { type: 'object' } }],
    });
    expect(await bodyOf(request, 'generic')).toMatchObject({
      messages: [
        { role: 'system', content: 's' },
        {
          role: 'user',
          content: [
            { type: 'text', text: 'u' },
            { type: 'image_url', image_url: { url: 'data:image/png;base64,aGk=' } },
          ],
        },
        {
          role: 'assistant',
          content: '',
          tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
        },
        { role: 'tool', tool_call_id: 'c1', content: 'r' },
      ],
      tools: [{ type: 'function', function: { name: 'f', description: 'd', parameters: { type: 'object' } } }],
      tool_choice: 'auto',
    });
  });

  it('places a suffix only where the server can', async () => {
    const fim: GenerateRequest = {
      ...RAW,
      prompt: { kind: 'fim', prefix: 'p', suffix: 's', extra: [{ path: 'a.ts', text: 'x' }] },
    };
    const { http, parts } = await ask(fim, { flavor: 'vllm' });
    expect(parts).toEqual([{ type: 'failed', error: { kind: 'unsupported', capability: 'fim' } }]);
    expect(http.seen).toEqual([]);
    const mistral = await ask(fim, { flavor: 'mistral' });
    expect(mistral.http.last.url).toBe('http://127.0.0.1:8000/v1/fim/completions');
    expect(mistral.http.last.body).toMatchObject({ prompt: 'a.ts\nx\np', suffix: 's' });
  });

  it.each([
    ['http://127.0.0.1:8000', 'http://127.0.0.1:8000/v1'],
    ['http://127.0.0.1:8000/', 'http://127.0.0.1:8000/v1'],
    ['http://127.0.0.1:8000/v1/', 'http://127.0.0.1:8000/v1'],
    ['https://host/openai/v1', 'https://host/openai/v1'],
  ])('takes %s as %s', (url, expected) => {
    expect(openAiBaseUrl(url)).toBe(expected);
  });
});

describe('what is read', () => {
  const USAGE = { prompt_tokens: 12, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 8 } };

  it('is text, usage from the event without choices, and the metrics of vLLM', async () => {
    const answer = eventsAnswer(
      textChoice('a'),
      textChoice('b', 'stop'),
      {
        choices: [],
        usage: USAGE,
        metrics: { queue_time_ms: 752, time_to_first_token_ms: 20, generation_time_ms: 30 },
      },
      '[DONE]',
    );
    const { parts, http } = await ask(RAW, { answer });
    expect(parts).toEqual([
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
      {
        type: 'finish',
        reason: 'stop',
        usage: { inputTokens: 12, cachedInputTokens: 8, outputTokens: 3, source: 'reported' },
        serverTimings: { queueMs: 752, prefillMs: 20, decodeMs: 30 },
      },
    ]);
    expect(http.leftEarly).toBe(0);
  });

  it('is usage from wherever it comes, and none where there is none', async () => {
    const { parts } = await ask(RAW, { answer: eventsAnswer({ ...textChoice('a', 'length'), usage: USAGE }) });
    expect(parts.at(-1)).toMatchObject({ type: 'finish', reason: 'length', usage: { outputTokens: 3 } });
    const without = await ask(RAW, { answer: eventsAnswer(textChoice('a', 'stop'), '[DONE]') });
    expect(without.parts.at(-1)).toMatchObject({ usage: { source: 'none', inputTokens: undefined } });
  });

  it('is the timings of llama.cpp where a server sends them', async () => {
    const timings = { cache_n: 21, prompt_n: 1, prompt_ms: 2, predicted_n: 18, predicted_ms: 6 };
    const { parts } = await ask(RAW, { answer: eventsAnswer({ ...textChoice('a', 'stop'), timings }, '[DONE]') });
    expect(parts.at(-1)).toMatchObject({
      usage: { inputTokens: 22, cachedInputTokens: 21, outputTokens: 18 },
      serverTimings: { prefillMs: 2, decodeMs: 6 },
    });
  });

  it('is thoughts under either name, and no empty pieces', async () => {
    const answer = eventsAnswer(
      deltaChoice({ role: 'assistant', content: null }),
      deltaChoice({ reasoning: 'r1' }),
      deltaChoice({ reasoning_content: 'r2' }),
      deltaChoice({ content: '' }),
      deltaChoice({ content: 'x' }, 'stop'),
      '[DONE]',
    );
    const { parts } = await ask(CHAT, { answer });
    expect(parts.slice(0, -1)).toEqual([
      { type: 'thinking', text: 'r1' },
      { type: 'thinking', text: 'r2' },
      { type: 'text', text: 'x' },
    ]);
  });

  it('is tool calls put together from their pieces', async () => {
    const piece = (index: number, more: object) => deltaChoice({ tool_calls: [{ index, ...more }] });
    const answer = eventsAnswer(
      piece(0, { id: 'c1', function: { name: 'f', arguments: '' } }),
      piece(1, { id: 'c2', function: { name: 'g', arguments: '{}' } }),
      piece(0, { function: { arguments: '{"a":' } }),
      piece(0, { function: { arguments: '1}' } }),
      deltaChoice({}, 'tool_calls'),
      '[DONE]',
    );
    const { parts } = await ask(CHAT, { answer });
    expect(parts).toMatchObject([
      { type: 'toolCall', call: { id: 'c1', name: 'f', argumentsJson: '{"a":1}' } },
      { type: 'toolCall', call: { id: 'c2', name: 'g', argumentsJson: '{}' } },
      { type: 'finish', reason: 'toolCalls' },
    ]);
  });

  it('is no tool call where the answer broke off', async () => {
    const half = deltaChoice({ tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '{"a' } }] });
    const { parts } = await ask(CHAT, { answer: eventsAnswer(half) });
    expect(parts).toMatchObject([{ type: 'finish', reason: 'cut' }]);
  });

  it('is a whole answer as one piece, also where a stream was asked for', async () => {
    const answer = jsonAnswer({ ...textChoice('ab', 'stop'), usage: USAGE });
    for (const delivery of ['whole', 'streamed'] as const) {
      const { parts } = await ask({ ...RAW, delivery }, { answer });
      expect(parts).toMatchObject([
        { type: 'text', text: 'ab' },
        { type: 'finish', reason: 'stop', usage: { inputTokens: 12 } },
      ]);
    }
  });

  it('is held to what was typed already where the prompt says so', async () => {
    const answer = jsonAnswer(textChoice('lter', 'stop'));
    const { http } = await ask({ ...RAW, prompt: { kind: 'raw', text: 'users.', typedStart: 'fi' } }, { answer });
    expect(http.last.body).toMatchObject({ prompt: 'users.', minnow: { healPrefix: 'fi' } });
    const { http: other } = await ask(RAW, { answer });
    expect(other.last.body).not.toHaveProperty('minnow');
  });

  it('is log-probabilities in both forms', async () => {
    const plain = { choices: [{ text: 'a', logprobs: { token_logprobs: [-0.5, null] } }] };
    const detailed = { choices: [{ text: 'b', logprobs: { content: [{ logprob: -0.25 }] }, finish_reason: 'stop' }] };
    const { parts, http } = await ask({ ...RAW, withLogprobs: true }, { answer: eventsAnswer(plain, detailed) });
    expect(http.last.body).toMatchObject({ logprobs: 1 });
    expect(parts.slice(0, 2)).toEqual([
      { type: 'text', text: 'a', logprobs: [-0.5] },
      { type: 'text', text: 'b', logprobs: [-0.25] },
    ]);
  });

  it('ends at a stop string that the server was not sent, and closes the connection', async () => {
    const stop = ['1', '2', '3', '4', 'STOP'];
    const answer = eventsAnswer(textChoice('abc ST'), textChoice('OP def'), textChoice('more'), '[DONE]');
    const { parts, http } = await ask({ ...RAW, stop }, { answer });
    expect(parts).toMatchObject([
      { type: 'text', text: 'abc ' },
      { type: 'finish', reason: 'stop' },
    ]);
    expect(http.leftEarly).toBe(1);
  });

  it.each([
    ['an object', { error: { message: 'boom', code: 500 } }, { kind: 'serverFailed', status: 500, detail: 'boom' }],
    ['a string', { error: 'boom' }, { kind: 'serverFailed', status: 500, detail: 'boom' }],
    ['a code that says more', { error: { message: 'wait', code: 429 } }, { kind: 'overloaded' }],
  ])('is an error inside a good answer: %s', async (_case, event, error) => {
    const { parts } = await ask(RAW, { answer: eventsAnswer(textChoice('a'), event, '[DONE]') });
    expect(parts).toMatchObject([{ type: 'text' }, { type: 'failed', error }]);
  });

  it('is a failure where an event is not JSON, and a cut where the last one broke off', async () => {
    const broken = await ask(RAW, { answer: eventsAnswer('{"choices":', '[DONE]') });
    expect(broken.parts).toMatchObject([{ type: 'failed', error: { kind: 'protocol' } }]);
    const half = { contentType: 'text/event-stream', body: ['data: {"choices":[{"text":"a"}]}\n\ndata: {"cho'] };
    const cut = await ask(RAW, { answer: half });
    expect(cut.parts).toMatchObject([{ type: 'text' }, { type: 'finish', reason: 'cut' }]);
  });
});

describe('what the models are', () => {
  const backendWith = (data: readonly unknown[]) =>
    createOpenAiBackend({
      http: new ScriptedHttp(() => jsonAnswer({ object: 'list', data })),
      clock: new FakeClock(),
      url: 'http://127.0.0.1:8000',
      keyFor: async () => undefined,
      flavor: 'vllm',
    });

  it('takes the window and the origin of the weights from vLLM', async () => {
    const described = await backendWith([
      { id: 'tiny', owned_by: 'vllm', root: '/models/Qwen2.5-Coder-1.5B', max_model_len: 2048 },
    ]).describeModel('tiny', call);
    expect(described).toMatchObject({
      ok: true,
      value: {
        name: 'tiny',
        aliases: ['/models/Qwen2.5-Coder-1.5B'],
        contextTokens: 2048,
        trainedContextTokens: undefined,
      },
    });
  });

  it('takes everything from the built-in engine', async () => {
    const markers = { prefix: '<P>', suffix: '<S>', middle: '<M>' };
    const own = { architecture: 'qwen2', aliases: ['minnow-tiny', 7], contextTokens: 2048, fimMarkers: markers };
    const described = await backendWith([
      {
        id: 'tiny',
        owned_by: 'minnow',
        minnow: { ...own, capabilities: { chat: true, tools: false, healsWords: true } },
      },
    ]).describeModel('tiny', call);
    expect(described).toMatchObject({
      ok: true,
      value: {
        architecture: 'qwen2',
        aliases: ['minnow-tiny'],
        contextTokens: 2048,
        fimMarkers: markers,
        capabilities: { chat: true, tools: false, thinking: undefined, healsWords: true },
      },
    });
  });

  it('says which model is missing', async () => {
    const described = await backendWith([{ id: 'tiny' }]).describeModel('other', call);
    expect(described).toEqual({ ok: false, error: { kind: 'modelMissing', model: 'other' } });
  });
});

describe('a field that the server does not take', () => {
  const refusal = (param: string) => jsonAnswer({ error: { message: `Unsupported: '${param}'`, param } }, 400);

  async function refusing(fields: readonly string[], requests = 1) {
    const http = new ScriptedHttp(({ body }) => {
      const refused = fields.find(field => Object.hasOwn(body as object, field));
      return refused ? refusal(refused) : eventsAnswer(textChoice('a', 'stop'), '[DONE]');
    });
    const backend = createOpenAiBackend({
      http,
      clock: new FakeClock(),
      url: 'https://vendor.example/v1',
      keyFor: async () => undefined,
      flavor: 'generic',
    });
    const parts: StreamPart[] = [];
    for (let request = 0; request < requests; request++) {
      for await (const part of backend.generate(CHAT, call)) parts.push(part);
    }
    return { http, parts };
  }

  it('is left out, and not sent again', async () => {
    const { http, parts } = await refusing(['temperature', 'stop'], 2);
    expect(parts.map(({ type }) => type)).toEqual(['text', 'finish', 'text', 'finish']);
    expect(http.seen).toHaveLength(4);
    expect(http.last.body).not.toHaveProperty('temperature');
    expect(http.last.body).toMatchObject({ top_p: 1 });
  });

  it('goes on under its new name', async () => {
    const { http } = await refusing(['max_tokens']);
    expect(http.last.body).toMatchObject({ max_completion_tokens: 32 });
    expect(http.last.body).not.toHaveProperty('max_tokens');
  });

  it('is an error where nothing can be said without it', async () => {
    const { http, parts } = await refusing(['messages']);
    expect(parts).toMatchObject([{ type: 'failed', error: { kind: 'badRequest' } }]);
    expect(http.seen).toHaveLength(1);
  });

  it.each([
    [{ error: { param: 'body.stop' } }, 'stop'],
    [{ error: { param: null } }, undefined],
    [{ detail: [{ loc: ['body', 'min_p'], type: 'extra_forbidden' }] }, 'min_p'],
    [{ detail: 'Not Found' }, undefined],
  ])('is named in %j', (body, field) => {
    expect(refusedFieldOf(body)).toBe(field);
  });
});

describe('LM Studio', () => {
  it('tells of its models by a list of its own, and loads on demand', async () => {
    const entry = {
      id: 'qwen',
      arch: 'qwen2',
      quantization: 'Q4_K_M',
      state: 'not-loaded',
      max_context_length: 32768,
    };
    const http = new ScriptedHttp(({ url }) => {
      if (url === 'http://127.0.0.1:1234/api/v0/models') return jsonAnswer({ data: [entry] });
      return jsonAnswer(textChoice('x', 'length'));
    });
    const backend = createOpenAiBackend({
      http,
      clock: new FakeClock(),
      url: 'http://127.0.0.1:1234/v1',
      keyFor: async () => undefined,
      flavor: 'lmstudio',
    });
    expect(await backend.describeModel('qwen', call)).toMatchObject({
      ok: true,
      value: { architecture: 'qwen2', quantization: 'Q4_K_M', trainedContextTokens: 32768, contextTokens: undefined },
    });
    expect(await backend.residency('qwen', call)).toEqual({ ok: true, value: { state: 'absent' } });
    expect(await backend.warmUp('qwen', call)).toEqual({ ok: true, value: undefined });
    expect(http.last).toMatchObject({ url: 'http://127.0.0.1:1234/v1/completions', body: { max_tokens: 1 } });
  });
});
