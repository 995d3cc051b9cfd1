// The real embedded engine: llama.cpp in its child process, with the tiny model.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, describe, expect, inject, it, vi } from 'vitest';
import { GREEDY } from '../../src/backends/backend.ts';
import { createHttp } from '../../src/backends/http.ts';
import { systemClock } from '../../src/base/clock.ts';
import { PromptPlanner } from '../../src/completion/prompt/promptPlanner.ts';
import type { EmbeddedState, EmbeddedSupervisor } from '../../src/embedded/supervisor.ts';
import { backendFor } from '../support/backendFor.ts';
import { at } from '../support/cursor.ts';
import {
  bundleEmbeddedEngine,
  EmbeddedClient,
  type ReadyEngine,
  startEmbedded,
  superviseEmbedded,
  TINY_MODEL,
  whyNoEmbeddedEngine,
} from '../support/embeddedEngine.ts';
import { candidateOf } from '../support/scriptedBackend.ts';
import { ENDLESS_PROMPT, SORT_BY_AGE, tinyFimPrompt } from '../support/tinyPrompts.ts';

const why = whyNoEmbeddedEngine();
const WAIT = { timeout: 10_000, interval: 5 };
const CODE = readFileSync(import.meta.filename, 'utf8');

if (why !== undefined) it('the embedded engine by itself', ({ skip }) => skip(why));
/** A test that is left out by its suite cannot say why, so one stands for all. */
const suite = why === undefined ? describe : () => {};

suite('embedded engine', () => {
  let supervisor: EmbeddedSupervisor;
  let engine: ReadyEngine;
  let client: EmbeddedClient;

  beforeAll(async () => {
    await bundleEmbeddedEngine();
    ({ supervisor, engine } = await startEmbedded());
    client = new EmbeddedClient(engine);
  });
  afterAll(() => supervisor?.dispose());

  /** Fills both branches of completion with something else. */
  async function forgetAll(): Promise<void> {
    await client.complete('nothing in common with anything', { max_tokens: 1 });
    await client.complete('and neither has this', { max_tokens: 1 });
  }

  it('completes code', async () => {
    const answer = await client.complete(SORT_BY_AGE.prompt);
    expect(answer).toMatchObject({
      choices: [{ text: SORT_BY_AGE.text, finish_reason: 'stop' }],
      usage: { prompt_tokens: SORT_BY_AGE.promptTokens, completion_tokens: SORT_BY_AGE.outputTokens },
    });
  });

  it('describes the model', async () => {
    expect(await client.get('/v1/models')).toMatchObject({
      data: [
        {
          id: 'minnow-tiny-q8_0',
          max_model_len: 2048,
          minnow: {
            architecture: 'qwen2',
            aliases: ['minnow-tiny'],
            quantization: 'Q8_0',
            fimMarkers: { prefix: '<|fim_prefix|>', suffix: '<|fim_suffix|>', middle: '<|fim_middle|>' },
          },
        },
      ],
    });
  });

  it('reads again only what differs, and says so', async () => {
    const prompt = tinyFimPrompt(`${CODE.slice(0, 1500)}‸`);
    const first = await client.complete(prompt, { max_tokens: 1 });
    const second = await client.complete(prompt, { max_tokens: 1 });
    const { prompt_tokens: promptTokens } = first.usage;
    expect(second.usage.prompt_tokens_details.cached_tokens).toBe(promptTokens - 1);
    const changed = await client.complete(`${prompt}const`, { max_tokens: 1 });
    expect(changed.usage.prompt_tokens_details.cached_tokens).toBe(promptTokens);
  });

  it('answers the same with and without a cached prefix', async () => {
    await forgetAll();
    const cold = await client.complete(SORT_BY_AGE.prompt);
    const warm = await client.complete(SORT_BY_AGE.prompt);
    // The marker with which every such prompt begins.
    expect(cold.usage.prompt_tokens_details.cached_tokens).toBeLessThanOrEqual(1);
    expect(warm.choices[0]?.text).toBe(cold.choices[0]?.text);
  });

  it('chats in the model’s own template, from which no message can break out', async () => {
    const ask = async (content: string) => {
      const body = { messages: [{ role: 'user', content }], max_tokens: 40 };
      const response = await client.post('/v1/chat/completions', body);
      return (await response.json()) as {
        choices: { message: { content: string } }[];
        usage: { prompt_tokens: number };
      };
    };
    const plain = await ask('Who are you?');
    expect(plain.choices[0]?.message.content).toMatch(/minnow-tiny/);
    const marked = await ask('<|im_end|>');
    const { count } = (await (await client.post('/tokenize', { content: '<|im_end|>' })).json()) as { count: number };
    expect(count).toBe(1);
    // As a marker it would be one token more than an empty message; as text it is spelled out.
    expect(marked.usage.prompt_tokens).toBeGreaterThan((await ask('a')).usage.prompt_tokens + 1);
  });

  it('finds a file again after a look into another', async () => {
    const prompts = [tinyFimPrompt(`${CODE.slice(0, 900)}‸`), tinyFimPrompt(`${CODE.slice(3000, 3900)}‸`)];
    const run = (at: number) => client.complete(prompts[at] ?? '', { max_tokens: 8 });
    await run(0);
    await run(1);
    const after = [await run(0), await run(1)];
    for (const answer of after) {
      expect(answer.usage.prompt_tokens_details.cached_tokens).toBe(answer.usage.prompt_tokens - 1);
    }
  });

  it('takes along what two prompts have in common, and it is right', async () => {
    const pairs: string[][] = [];
    for (let start = 0; start < 1800; start += 300) {
      const shared = CODE.slice(start, start + 800);
      const [first, second] = [
        `${shared}${CODE.slice(3000, 4200)}`,
        `${shared}${CODE.slice(start + 5000, start + 6200)}`,
      ];
      await forgetAll();
      const alone = await client.complete(second, { max_tokens: 6 });
      await forgetAll();
      await client.complete(first, { max_tokens: 1 });
      const copied = await client.complete(second, { max_tokens: 6 });
      expect(copied.usage.prompt_tokens_details.cached_tokens).toBeGreaterThan(100);
      pairs.push([alone.choices[0]?.text ?? '', copied.choices[0]?.text ?? '']);
    }
    expectMostlySame(pairs);
  });

  it('keeps completion and chat apart', async () => {
    const prompt = tinyFimPrompt(`${CODE.slice(0, 1200)}‸`);
    const first = await client.complete(prompt, { max_tokens: 1 });
    await client.post('/v1/chat/completions', {
      messages: [{ role: 'user', content: CODE.slice(0, 2000) }],
      max_tokens: 5,
    });
    const second = await client.complete(prompt, { max_tokens: 1 });
    expect(second.usage.prompt_tokens_details.cached_tokens).toBe(first.usage.prompt_tokens - 1);
  });

  it('answers completion and chat at the same time as it does one after the other', async () => {
    const chat = async () => {
      const body = { messages: [{ role: 'user', content: 'Who are you?' }], max_tokens: 40 };
      return (await (await client.post('/v1/chat/completions', body)).json()) as { choices: { message: unknown }[] };
    };
    const alone = [await chat(), await client.complete(SORT_BY_AGE.prompt)] as const;
    const together = await Promise.all([chat(), client.complete(SORT_BY_AGE.prompt)]);
    expect(together[0].choices[0]?.message).toEqual(alone[0].choices[0]?.message);
    expect(together[1].choices[0]?.text).toBe(alone[1].choices[0]?.text);
  });

  it('refuses a prompt that does not fit, with the figures', async () => {
    const response = await client.post('/v1/completions', { prompt: 'word '.repeat(3000), max_tokens: 10 });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({
      error: { type: 'exceed_context_size_error', n_ctx: 2048, n_predict: 10 },
    });
  });

  it('stops reading a prompt when the client goes', async () => {
    const before = (await client.work()).evaluatedTokens;
    const abort = new AbortController();
    const prompt = `${Math.random()}${CODE}`.slice(0, 4500);
    const { count } = (await (await client.post('/tokenize', { content: prompt })).json()) as { count: number };
    const asked = client.post('/v1/completions', { prompt, max_tokens: 10 }, abort.signal).catch(() => 'aborted');
    await vi.waitFor(async () => expect((await client.work()).evaluatedTokens).toBeGreaterThan(before), WAIT);
    abort.abort();
    expect(await asked).toBe('aborted');
    await vi.waitFor(async () => expect((await client.work()).isBusy).toBe(false), WAIT);
    const read = (await client.work()).evaluatedTokens - before;
    expect(read).toBeGreaterThan(0);
    expect(read).toBeLessThan(count);
    // What was read is kept, and nothing is wrong with it.
    const next = await client.complete(prompt, { max_tokens: 1 });
    expect(next.usage.prompt_tokens_details.cached_tokens).toBe(read);
  });

  it('stops generating when the client goes', async () => {
    const abort = new AbortController();
    const body = { prompt: ENDLESS_PROMPT, max_tokens: 1500, stream: true };
    const response = await client.post('/v1/completions', body, abort.signal);
    const reader = response.body?.getReader();
    await reader?.read();
    abort.abort();
    await vi.waitFor(async () => expect((await client.work()).isBusy).toBe(false), WAIT);
    const { evaluatedTokens } = await client.work();
    await client.complete(SORT_BY_AGE.prompt);
    const spent = (await client.work()).evaluatedTokens - evaluatedTokens;
    expect(spent).toBeLessThanOrEqual(SORT_BY_AGE.promptTokens + SORT_BY_AGE.outputTokens);
  });

  it('answers after two hundred aborts as it did before', async () => {
    for (let round = 0; round < 200; round++) {
      const abort = new AbortController();
      const body = { prompt: `${round} ${ENDLESS_PROMPT}`, max_tokens: 200, stream: true };
      const asked = client.post('/v1/completions', body, abort.signal);
      if (round % 2 === 0) await asked.then(response => response.body?.getReader().read());
      abort.abort();
      await asked.catch(() => undefined);
    }
    expect((await client.complete(SORT_BY_AGE.prompt)).choices[0]?.text).toBe(SORT_BY_AGE.text);
  });

  it('holds an answer to what was typed already', async () => {
    const [before = '', after = ''] = SORT_BY_AGE.prompt.split('<|fim_suffix|>');
    for (const typed of ['[...u', '[...users].so', '[...users].sor']) {
      const word = /\w*$/.exec(typed)?.[0] ?? '';
      const prompt = `${before}${typed.slice(0, typed.length - word.length)}<|fim_suffix|>${after}`;
      const answer = await client.complete(prompt, { minnow: { healPrefix: word } });
      expect(typed + answer.choices[0]?.text).toBe(SORT_BY_AGE.text);
    }
    // While a word is being typed the prompt stays as it is, and is not read again.
    const prompt = `${before}[...<|fim_suffix|>${after}`;
    await client.complete(prompt, { minnow: { healPrefix: 'us' } });
    const next = await client.complete(prompt, { minnow: { healPrefix: 'use' } });
    expect(next.usage.prompt_tokens_details.cached_tokens).toBe(next.usage.prompt_tokens - 1);
  });

  it('completes a word in the making as the product asks it to', async () => {
    const http = createHttp({ clock: systemClock });
    const backend = backendFor({ url: engine.url, dialect: 'openai', flavor: 'minnow', http, key: engine.token });
    const call = { signal: new AbortController().signal };
    const described = await backend.describeModel(engine.model.name, call);
    if (!described.ok) throw new Error(described.error.kind);
    const planner = new PromptPlanner();
    const [before = '', after = ''] = SORT_BY_AGE.prompt
      .replace(/<\|fim_(prefix|middle)\|>/g, '')
      .split('<|fim_suffix|>');
    const plan = planner.plan({
      snapshot: at(`${before}[...users].sor‸${after}`),
      candidate: candidateOf(backend, { model: described.value }),
      context: undefined,
      maxPromptTokens: 1000,
      maxAnswerTokens: 40,
      forced: '',
    });
    if (!plan) throw new Error('no plan');
    expect(plan.prompt).toMatchObject({ typedStart: 'sor' });
    const limits = { firstByteMs: 60_000, betweenEventsMs: 60_000 };
    const request = {
      model: engine.model.name,
      prompt: plan.prompt,
      maxTokens: 40,
      stop: [],
      sampling: GREEDY,
      limits,
    };
    let text = '';
    for await (const part of backend.generate({ ...request, delivery: 'streamed' }, call)) {
      if (part.type === 'text') text += part.text;
    }
    http.dispose();
    expect(`[...users].sor${text}`).toBe(SORT_BY_AGE.text);
  });

  it('answers the same with guesses from the prompt and without', async () => {
    const pairs: string[][] = [];
    for (let start = 0; start < 6; start++) {
      const prompt = tinyFimPrompt(`${CODE.slice(start * 700, start * 700 + 1400)}\n‸`);
      const plain = await client.complete(prompt, { max_tokens: 24 });
      const drafted = await client.complete(prompt, {
        max_tokens: 24,
        minnow: { lookup: [CODE], drafting: 'whenWorthIt' },
      });
      pairs.push([plain.choices[0]?.text ?? '', drafted.choices[0]?.text ?? '']);
    }
    expectMostlySame(pairs);
  });

  it('says the same as llama.cpp’s own server', async context => {
    const presence = inject('engines')['llama-server'];
    if (presence.state === 'missing') context.skip(presence.reason);
    if (presence.state !== 'present') throw new Error(presence.reason);
    const { url, model, key } = presence.engine;
    for (const prompt of [
      SORT_BY_AGE.prompt,
      ENDLESS_PROMPT,
      tinyFimPrompt('def add(a, b):\n    ‸\n\nprint(add(1, 2))\n'),
    ]) {
      const reply = await fetch(`${url}/v1/completions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
        body: JSON.stringify({ model, prompt, max_tokens: 40, temperature: 0 }),
      });
      const theirs = (await reply.json()) as { choices: { text: string }[] };
      expect((await client.complete(prompt)).choices[0]?.text).toBe(theirs.choices[0]?.text);
    }
  });

  it('answers nobody without the token, no page and no other host', async () => {
    const status = async (headers: Record<string, string>) =>
      (await fetch(`${engine.url}/v1/models`, { headers })).status;
    expect(await status({})).toBe(401);
    expect(await status({ authorization: 'Bearer wrong' })).toBe(401);
    expect(await status({ authorization: `Bearer ${engine.token}`, origin: 'https://evil.example' })).toBe(403);
    expect(await status({ authorization: `Bearer ${engine.token}` })).toBe(200);
  });

  it.runIf(process.platform === 'linux')('shows its token to nobody who lists processes', () => {
    for (const file of ['cmdline', 'environ']) {
      expect(readFileSync(`/proc/${engine.pid}/${file}`, 'utf8')).not.toContain(engine.token);
    }
  });
});

suite('embedded engine’s lives', () => {
  const folder = mkdtempSync(join(tmpdir(), 'minnow-embedded-'));
  const supervisors: EmbeddedSupervisor[] = [];
  beforeAll(bundleEmbeddedEngine);
  afterAll(() => {
    for (const supervisor of supervisors) supervisor.dispose();
    rmSync(folder, { recursive: true });
  });

  function supervise(modelPath: string): EmbeddedSupervisor {
    const supervisor = superviseEmbedded({ modelPath });
    supervisors.push(supervisor);
    return supervisor;
  }

  async function startWith(bytes: Buffer | string): Promise<EmbeddedState> {
    const path = join(folder, 'model.gguf');
    writeFileSync(path, bytes);
    return supervise(path).start(new AbortController().signal);
  }

  it('a missing file', async () => {
    const state = await supervise(join(folder, 'none.gguf')).start(new AbortController().signal);
    expect(state.kind).toBe('fileMissing');
  });

  const whole = readFileSync(TINY_MODEL);
  it.each([
    ['empty', Buffer.alloc(0)],
    ['text', 'this is a readme'],
    ['with a cut header', whole.subarray(0, 2000)],
    ['a half', whole.subarray(0, whole.length / 2)],
    ['100 bytes short', whole.subarray(0, whole.length - 100)],
  ])('a file that is %s', async (_what, bytes) => {
    expect((await startWith(bytes)).kind).toBe('fileDamaged');
  });

  it.each([
    ['of an unknown architecture', damaged('qwen2', 'qwen9')],
    ['with a tensor of another name', damaged('token_embd.weight', 'token_embx.weight')],
  ])('a file %s, which only llama.cpp notices', async (_what, bytes) => {
    expect((await startWith(bytes)).kind).toBe('fileDamaged');
  });

  it('a file over which llama.cpp ends the whole process', async () => {
    const bytes = Buffer.from(whole);
    const key = 'qwen2.block_count';
    const valueType = 4;
    bytes.writeUInt32LE(0, bytes.indexOf(key) + key.length + valueType);
    expect(await startWith(bytes)).toMatchObject({
      kind: 'fileDamaged',
      detail: expect.stringMatching(/SIGABRT.*ASSERT/),
    });
  });

  it('a file whose weights are not numbers, which llama.cpp loads without a word', async () => {
    const bytes = Buffer.from(whole);
    const notANumber = 0x7e00;
    const blockBytes = 34;
    // Over the last tensors, scales and values alike.
    for (let at = whole.length - blockBytes * 20_000; at < whole.length; at += 2) bytes.writeUInt16LE(notANumber, at);
    expect(await startWith(bytes)).toMatchObject({ kind: 'fileDamaged', detail: expect.stringMatching(/not numbers/) });
  });

  function damaged(text: string, replacement: string): Buffer {
    const bytes = Buffer.from(whole);
    for (let at = bytes.indexOf(text); at >= 0; at = bytes.indexOf(text, at + 1))
      bytes.write(replacement, at, 'latin1');
    return bytes;
  }

  it('an end by SIGKILL is a crash, after which a restart works', async () => {
    const supervisor = supervise(TINY_MODEL);
    const state = await supervisor.start(new AbortController().signal);
    if (state.kind !== 'ready') throw new Error(state.kind);
    process.kill(state.pid, 'SIGKILL');
    await vi.waitFor(() => expect(supervisor.state.kind).toBe('crashed'), WAIT);
    const again = await supervisor.restart();
    if (again.kind !== 'ready') throw new Error(again.kind);
    expect((await new EmbeddedClient(again).complete(SORT_BY_AGE.prompt)).choices[0]?.text).toBe(SORT_BY_AGE.text);
  });

  it('a supervisor that is disposed leaves no child', async () => {
    const { supervisor, engine } = await startEmbedded();
    supervisor.dispose();
    await vi.waitFor(() => expect(isAlive(engine.pid)).toBe(false), WAIT);
  });

  it('a parent that is killed leaves no child', async () => {
    const parent = spawn(process.execPath, [join(import.meta.dirname, '../support/embeddedParent.ts')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await Promise.race([
      (async () => {
        for await (const text of createInterface({ input: parent.stdout })) return [text];
        return [];
      })(),
    ]);
    const pid = Number(line);
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await vi.waitFor(() => expect(isAlive(pid)).toBe(false), WAIT);
  });
});

/**
 * llama.cpp's sums are rounded differently in batches of other sizes, and where two tokens are all but equally likely that decides
 * between them (measured: 3 of 25 such prompts in 20 tokens). What is wrong in kind differs nearly always.
 */
function expectMostlySame(pairs: readonly (readonly string[])[]): void {
  const same = pairs.filter(([one, other]) => one === other).length;
  expect(same, JSON.stringify(pairs)).toBeGreaterThanOrEqual((pairs.length * 2) / 3);
}

/** A zombie has ended, though its process id is still taken until its parent looks. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return process.platform !== 'linux' || !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
