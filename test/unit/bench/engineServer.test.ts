import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/base/clock.ts';
import { type EngineServer, type ServerDialect, startEngineServer } from '../../bench/engineServer.ts';
import type { Oracle } from '../../bench/oracle.ts';
import { createSlotEngine, DEFAULT_ENGINE } from '../../bench/slotEngine.ts';

const oracle: Oracle = { answer: () => ({ text: 'one two three', place: undefined, right: true, meanLogprob: -0.1 }) };
const fast = { ...DEFAULT_ENGINE, prefillTokensPerS: 10_000, decodeTokensPerS: 500, overheadMs: 0 };

let server: EngineServer | undefined;
afterEach(() => server?.close());

async function start(dialect: ServerDialect, speed: object = {}) {
  const engine = createSlotEngine(systemClock, oracle, { ...fast, ...speed });
  server = await startEngineServer(engine, dialect);
  const { url } = server;
  const post = (path: string, body: object, signal?: AbortSignal) =>
    fetch(`${url}${path}`, { method: 'POST', body: JSON.stringify(body), signal: signal ?? null });
  return { engine, post };
}

describe('engine server', () => {
  it('streams completions as an OpenAI-compatible server does, with usage and cached tokens', async () => {
    const { post } = await start('openai');
    const body = { prompt: 'let x = ', max_tokens: 8, stream: true };
    await (await post('/v1/completions', body)).text();
    const events = (await (await post('/v1/completions', body)).text()).split('\n\n').filter(Boolean);
    expect(events.at(-1)).toBe('data: [DONE]');
    const parsed = events.slice(0, -1).map(event => JSON.parse(event.slice(6)));
    expect(parsed.map(event => event.choices[0]?.text ?? '').join('')).toBe('one two three');
    expect(parsed.at(-2).choices[0].finish_reason).toBe('stop');
    const { prompt_tokens: prompt, prompt_tokens_details: details } = parsed.at(-1).usage;
    expect(details.cached_tokens).toBe(prompt - 1);
  });

  it('answers whole where no stream is asked for', async () => {
    const { post } = await start('openai');
    const response = await post('/v1/completions', { prompt: 'a', max_tokens: 2, stop: 'x' });
    const answer = JSON.parse(await response.text());
    expect(answer.choices[0]).toMatchObject({ text: 'one two', finish_reason: 'length' });
  });

  it('speaks the native API of Ollama, with times and without cached tokens', async () => {
    const { post } = await start('ollama');
    const lines = (await (await post('/api/generate', { prompt: 'a', options: { num_predict: 20 } })).text())
      .trim()
      .split('\n')
      .map(line => JSON.parse(line));
    expect(lines.map(line => line.response).join('')).toBe('one two three');
    expect(lines.at(-1)).toMatchObject({ done: true, done_reason: 'stop', prompt_eval_count: 1, eval_count: 3 });
    expect(lines.at(-1).eval_duration).toBeGreaterThan(0);
  });

  it('takes a closed socket as the abort', async () => {
    const { engine, post } = await start('openai', { decodeTokensPerS: 20 });
    const leaving = new AbortController();
    const response = await post('/v1/completions', { prompt: 'a', max_tokens: 8, stream: true }, leaving.signal);
    await response.body?.getReader().read();
    leaving.abort();
    await expect.poll(() => engine.requests[0]?.endedAtMs).toBeDefined();
    expect(engine.requests[0]?.end).toBe('aborted');
  });
});
