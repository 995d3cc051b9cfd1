import type { Server } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { EmbeddedEngine } from '../../../src/embedded/embeddedEngine.ts';
import { createHttpServer } from '../../../src/embedded/httpServer.ts';
import { FakeClock } from '../../support/fakeClock.ts';
import { type ScriptedModelOptions, ScriptedNativeModel } from '../../support/scriptedNativeModel.ts';

let server: Server | undefined;
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

async function setUp(answers: Record<string, string> = {}, options: ScriptedModelOptions = {}) {
  const model = new ScriptedNativeModel(answers, options);
  const clock = new FakeClock(1_700_000_000_000);
  const created = createHttpServer(new EmbeddedEngine(model, clock, 2), 'secret', clock);
  server = created;
  await new Promise<void>(resolve => created.listen(0, '127.0.0.1', resolve));
  const { port } = created.address() as AddressInfo;
  const headers = { authorization: 'Bearer secret' };
  const get = (path: string) => fetch(`http://127.0.0.1:${port}${path}`, { headers });
  const post = (path: string, body: unknown, signal?: AbortSignal) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      method: 'POST',
      headers,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      ...(signal ? { signal } : {}),
    });
  return { model, port, get, post };
}

/** Sends header lines as they are, which fetch would not. */
function raw(port: number, lines: readonly string[]): Promise<string> {
  return new Promise(resolve => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(`${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`));
    socket.on('data', data => {
      text += data;
    });
    socket.on('close', () => resolve(text));
  });
}

function openConnections(): Promise<number> {
  return new Promise(resolve => server?.getConnections((_error, count) => resolve(count)));
}

function eventsOf(text: string): unknown[] {
  return text
    .split('\n\n')
    .filter(event => event !== '')
    .map(event => (event === 'data: [DONE]' ? 'done' : JSON.parse(event.slice('data: '.length))));
}

describe('who is answered', () => {
  it('nobody without the token', async () => {
    const { port } = await setUp();
    for (const path of ['/health', '/v1/models', '/v1/completions', '/nothing']) {
      expect((await fetch(`http://127.0.0.1:${port}${path}`)).status).toBe(401);
    }
    const wrong = await fetch(`http://127.0.0.1:${port}/health`, { headers: { authorization: 'Bearer secreT' } });
    expect(wrong.status).toBe(401);
  });

  it('no page, whatever its origin', async () => {
    const { port } = await setUp();
    const headers = { authorization: 'Bearer secret', origin: 'http://localhost:3000' };
    expect((await fetch(`http://127.0.0.1:${port}/health`, { headers })).status).toBe(403);
  });

  it('no name that was rebound to loopback', async () => {
    const { port } = await setUp();
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1', `[::1]:${port}`, '127.0.0.1:1']) {
      expect(await raw(port, ['GET /health HTTP/1.1', `Host: ${host}`, 'Authorization: Bearer secret'])).toMatch(
        / 403 /,
      );
    }
    const right = await raw(port, ['GET /health HTTP/1.1', `Host: localhost:${port}`, 'Authorization: Bearer secret']);
    expect(right).toMatch(/ 200 /);
  });
});

describe('routes', () => {
  it('describe the model with all that a prompt needs', async () => {
    const { get } = await setUp();
    const body = (await (await get('/v1/models')).json()) as { data: unknown[] };
    expect(body.data).toHaveLength(1);
    expect(body.data[0]).toMatchObject({
      id: 'scripted',
      max_model_len: 200,
      minnow: {
        architecture: 'qwen2',
        aliases: ['Scripted Coder'],
        contextTokens: 200,
        fimMarkers: { prefix: '<|p|>', suffix: '<|s|>', middle: '<|m|>' },
        capabilities: { chat: true, tools: false },
      },
    });
  });

  it('count tokens under both names of the text', async () => {
    const { post } = await setUp();
    const expected = { tokens: [97, 98], count: 2, max_model_len: 200 };
    expect(await (await post('/tokenize', { content: 'ab' })).json()).toEqual(expected);
    expect(await (await post('/tokenize', { prompt: 'ab' })).json()).toEqual(expected);
    expect((await post('/tokenize', {})).status).toBe(400);
  });

  it('do not exist otherwise', async () => {
    const { get, post } = await setUp();
    expect((await get('/v1/embeddings')).status).toBe(404);
    expect((await get('/v1/completions')).status).toBe(404);
    expect((await post('/health', {})).status).toBe(404);
  });
});

describe('completions', () => {
  it('whole, with usage and timings', async () => {
    const { post } = await setUp({ ab: 'cd' });
    const response = await post('/v1/completions', { prompt: 'ab', max_tokens: 5 });
    expect(await response.json()).toMatchObject({
      object: 'text_completion',
      created: 1_700_000_000,
      model: 'scripted',
      choices: [{ index: 0, text: 'cd', finish_reason: 'stop', logprobs: null }],
      usage: { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5, prompt_tokens_details: { cached_tokens: 0 } },
      timings: { cache_n: 0, prompt_n: 2, predicted_n: 3 },
    });
    const again = await post('/v1/completions', { prompt: 'ab', max_tokens: 5 });
    expect(await again.json()).toMatchObject({ usage: { prompt_tokens_details: { cached_tokens: 1 } } });
  });

  it('streamed, with the reason and the timings in the last text event and usage when asked', async () => {
    const { post } = await setUp({ ab: 'cd' });
    const body = { prompt: 'ab', stream: true, stream_options: { include_usage: true } };
    const response = await post('/v1/completions', body);
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const events = eventsOf(await response.text());
    expect(events).toMatchObject([
      { choices: [{ text: 'c', finish_reason: null }] },
      { choices: [{ text: 'd', finish_reason: null }] },
      { choices: [{ text: '', finish_reason: 'stop' }], timings: { predicted_n: 3 } },
      { choices: [], usage: { completion_tokens: 3 } },
      'done',
    ]);
    const without = eventsOf(await (await post('/v1/completions', { prompt: 'ab', stream: true })).text());
    expect(without.filter(event => JSON.stringify(event).includes('usage'))).toEqual([]);
  });

  it('with log-probabilities when asked', async () => {
    const { post } = await setUp({ ab: 'cd' });
    const response = await post('/v1/completions', { prompt: 'ab', logprobs: 0 });
    expect(await response.json()).toMatchObject({
      choices: [{ logprobs: { tokens: ['c', 'd'], token_logprobs: [-0.5, -0.5] } }],
    });
  });

  it('cut at stop strings', async () => {
    const { post } = await setUp({ ab: 'cd\nef' });
    const response = await post('/v1/completions', { prompt: 'ab', stop: ['\n'] });
    expect(await response.json()).toMatchObject({ choices: [{ text: 'cd', finish_reason: 'stop' }] });
  });

  it('are as long as fits when no limit is named', async () => {
    const { post } = await setUp({ ab: 'x'.repeat(100) }, { contextTokens: 20 });
    const response = await post('/v1/completions', { prompt: 'ab' });
    expect(await response.json()).toMatchObject({ choices: [{ finish_reason: 'length', text: 'x'.repeat(18) }] });
  });

  it('refuse a prompt that does not fit with an error status, streamed or not', async () => {
    const { post } = await setUp({}, { contextTokens: 20 });
    for (const stream of [false, true]) {
      const response = await post('/v1/completions', { prompt: 'x'.repeat(18), max_tokens: 3, stream });
      expect(response.status).toBe(400);
      expect(await response.json()).toMatchObject({
        error: { code: 400, type: 'exceed_context_size_error', n_prompt_tokens: 18, n_predict: 3, n_ctx: 20 },
      });
    }
  });

  it('refuse at once what cannot fit however it is read, and what is larger than any request', async () => {
    const { post, model } = await setUp({ ab: 'cd' });
    const long = await post('/v1/completions', { prompt: 'x'.repeat(200 * 128 + 1), max_tokens: 1 });
    expect(await long.json()).toMatchObject({ error: { type: 'exceed_context_size_error', n_prompt_tokens: 201 } });
    for (let round = 0; round < 3; round++) {
      expect((await post('/v1/completions', { prompt: 'x'.repeat(17 * 1024 * 1024) })).status).toBe(413);
    }
    expect(model.batches).toEqual([]);
    expect((await post('/v1/completions', { prompt: 'ab' })).status).toBe(200);
  });

  it.each([
    ['no JSON', '{'],
    ['no prompt', {}],
    ['another type', { prompt: 3 }],
    ['a suffix, which would be ignored', { prompt: 'a', suffix: 'b' }],
    ['several answers', { prompt: 'a', n: 2 }],
    ['a negative limit', { prompt: 'a', max_tokens: -1 }],
    ['half a token', { prompt: 'a', max_tokens: 1.5 }],
    ['an empty prompt', { prompt: '' }],
  ])('refuse %s', async (_what, body) => {
    const { post } = await setUp();
    const response = await post('/v1/completions', body);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ error: { type: 'invalid_request_error' } });
  });

  it('say that llama.cpp failed, before and in the middle of an answer', async () => {
    let batches = 0;
    const { post } = await setUp(
      { ab: 'cdef' },
      {
        during: () => {
          batches++;
          if (batches === 1 || batches === 4) throw new Error('Eval has failed');
        },
      },
    );
    const failed = await post('/v1/completions', { prompt: 'ab', stream: true });
    expect(failed.status).toBe(500);
    const events = eventsOf(await (await post('/v1/completions', { prompt: 'ab', stream: true })).text());
    expect(events.slice(-2)).toMatchObject([{ error: { type: 'server_error' } }, 'done']);
  });

  it('end when the reader goes', async () => {
    const hold = Promise.withResolvers<void>();
    const { post, model } = await setUp({ ab: 'cdefgh' }, { during: () => hold.promise });
    const abort = new AbortController();
    const asked = post('/v1/completions', { prompt: 'ab', stream: true }, abort.signal);
    await vi.waitFor(() => expect(model.batches).toHaveLength(1));
    abort.abort();
    await expect(asked).rejects.toThrow();
    await vi.waitFor(async () => expect(await openConnections()).toBe(0));
    hold.resolve();
    await vi.waitFor(() => expect(model.openSamplers).toBe(0));
    expect(model.evaluatedTokens).toBeLessThan(2 + 6);
  });
});

describe('chat', () => {
  it('whole and streamed, from messages of text parts too', async () => {
    const { post } = await setUp({ '<|user|>hi': 'yo' });
    const messages = [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }];
    expect(await (await post('/v1/chat/completions', { messages })).json()).toMatchObject({
      object: 'chat.completion',
      choices: [{ message: { role: 'assistant', content: 'yo' }, finish_reason: 'stop' }],
    });
    const events = eventsOf(await (await post('/v1/chat/completions', { messages, stream: true })).text());
    expect(events).toMatchObject([
      { object: 'chat.completion.chunk', choices: [{ delta: { content: 'y' } }] },
      { choices: [{ delta: { content: 'o' } }] },
      { choices: [{ delta: {}, finish_reason: 'stop' }] },
      'done',
    ]);
  });

  it('refuses tools and images instead of ignoring them', async () => {
    const { post } = await setUp();
    const messages = [{ role: 'user', content: 'hi' }];
    const tools = await post('/v1/chat/completions', { messages, tools: [{ type: 'function' }] });
    expect([tools.status, await tools.text()]).toEqual([400, expect.stringContaining('tools')]);
    const image = [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'x' } }] }];
    expect((await post('/v1/chat/completions', { messages: image })).status).toBe(400);
    expect((await post('/v1/chat/completions', { messages: [] })).status).toBe(400);
  });
});
