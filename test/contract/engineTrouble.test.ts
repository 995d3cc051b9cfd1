// What becomes of an answer when the engine that makes it is killed, stopped or loses its runner. On servers of its own.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, inject, it, onTestFinished, type TestContext } from 'vitest';
import { type Backend, type GenerateRequest, GREEDY, type StreamPart } from '../../src/backends/backend.ts';
import { createHttp } from '../../src/backends/http.ts';
import { systemClock } from '../../src/base/clock.ts';
import { backendFor } from '../support/backendFor.ts';
import { type EngineName, type RealEngine, startEngine } from '../support/realEngines.ts';
import { onlyEnd, textOf } from '../support/streamParts.ts';
import { ENDLESS_PROMPT, SORT_BY_AGE } from '../support/tinyPrompts.ts';

describe('an engine in trouble', () => {
  it('a llama-server that is killed ends the answer at once', async context => {
    const { backend, engine } = await ownEngine('llama-server', context);
    const { end } = await read(backend, endless(engine), () => process.kill(engine.pid, 'SIGKILL'));
    expect(end).toMatchObject({ type: 'failed', error: { kind: 'unreachable' } });
  });

  it('a llama-server that is stopped falls silent, which is not waited out', async context => {
    const { backend, engine } = await ownEngine('llama-server', context);
    const { end } = await read(backend, endless(engine), () => process.kill(engine.pid, 'SIGSTOP'));
    process.kill(engine.pid, 'SIGCONT');
    expect(end).toMatchObject({ type: 'failed', error: { kind: 'timeout', limit: 'betweenEvents' } });
  });

  it('an Ollama whose runner is killed says so, and answers the next request with a new one', async context => {
    const { backend, engine } = await ownEngine('ollama', context);
    const { end } = await read(backend, endless(engine), () => process.kill(runnerOf(engine), 'SIGKILL'));
    expect(end).toMatchObject({ type: 'failed', error: { kind: 'serverFailed' } });
    const next = await read(backend, { ...endless(engine), prompt: { kind: 'raw', text: SORT_BY_AGE.prompt } });
    expect([next.end.type, next.text]).toEqual(['finish', SORT_BY_AGE.text]);
  });

  it('an Ollama that is asked to warm up, complete and chat does it with one runner', async context => {
    const { backend, engine } = await ownEngine('ollama', context);
    const call = { signal: new AbortController().signal };
    expect(await backend.warmUp(engine.model, call)).toMatchObject({ ok: true });
    const runner = runnerOf(engine);
    const chat = { kind: 'chat', messages: [{ role: 'user', content: 'hello' }], thinking: 'off' } as const;
    for (const prompt of [{ kind: 'raw', text: SORT_BY_AGE.prompt }, chat] as const) {
      const { end } = await read(backend, { ...endless(engine), prompt, maxTokens: 16, delivery: 'whole' });
      expect(end.type).toBe('finish');
    }
    // Options of the runner that differ between requests would make the server load the model anew, each time (invariant 14).
    expect(runnerOf(engine)).toBe(runner);
  });
});

async function ownEngine(name: EngineName, { skip }: Pick<TestContext, 'skip'>) {
  const presence = inject('engines')[name];
  if (presence.state === 'failed') throw new Error(presence.reason);
  if (presence.state === 'missing') return skip(presence.reason);
  if (!presence.started) return skip(`the ${name} that was named is not ours to break`);
  if (!existsSync('/proc')) return skip('the processes of a server can be found on Linux only');
  const { engine, stop } = await startEngine(name, presence.started);
  onTestFinished(stop);
  const http = createHttp({ clock: systemClock });
  onTestFinished(() => http.dispose());
  const dialect = name === 'ollama' ? 'ollama' : 'llama.cpp';
  return { engine, backend: backendFor({ url: engine.url, dialect, key: engine.key, http }) };
}

function endless({ model }: Pick<RealEngine, 'model'>): GenerateRequest {
  return {
    model,
    prompt: { kind: 'raw', text: ENDLESS_PROMPT },
    maxTokens: 1_500,
    stop: [],
    sampling: GREEDY,
    delivery: 'streamed',
    limits: { firstByteMs: 60_000, betweenEventsMs: 2_000 },
  };
}

/** `onFirstText` happens in the middle of the answer. */
async function read(backend: Backend, request: GenerateRequest, onFirstText: () => void = () => {}) {
  const parts: StreamPart[] = [];
  for await (const part of backend.generate(request, { signal: new AbortController().signal })) {
    if (part.type === 'text' && parts.length === 0) onFirstText();
    parts.push(part);
  }
  return { text: textOf(parts), end: onlyEnd(parts) };
}

/** The process that holds the model, a child of the server. */
function runnerOf({ pid }: { readonly pid: number }): number {
  const children = readdirSync('/proc').filter(name => {
    if (!/^\d+$/.test(name)) return false;
    try {
      const [, parent] = readFileSync(`/proc/${name}/stat`, 'utf8')
        .replace(/^.*\) /s, '')
        .split(' ');
      return Number(parent) === pid;
    } catch {
      // It ended while we looked.
      return false;
    }
  });
  const [runner] = children;
  if (runner === undefined || children.length > 1) throw new Error(`the server has ${children.length} runners`);
  return Number(runner);
}
