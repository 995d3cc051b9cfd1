import { describe, expect, it } from 'vitest';
import { EmbeddedEngine } from '../../../src/embedded/embeddedEngine.ts';
import type { GenerationPart, GenerationRequest, Lane } from '../../../src/embedded/generation.ts';
import { FakeClock } from '../../support/fakeClock.ts';
import { type ScriptedModelOptions, ScriptedNativeModel } from '../../support/scriptedNativeModel.ts';

const GREEDY = { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: undefined };

function setUp(answers: Record<string, string>, options: ScriptedModelOptions = {}) {
  const clock = new FakeClock();
  const model = new ScriptedNativeModel(answers, options);
  const engine = new EmbeddedEngine(model, clock, 4);
  const ask = (prompt: string, more: Partial<GenerationRequest> = {}): GenerationRequest => ({
    lane: 'completion',
    promptTokens: model.tokenizePrompt(prompt),
    maxTokens: 50,
    stop: [],
    sampling: GREEDY,
    withLogprobs: false,
    drafting: 'never',
    lookupTokens: [],
    healedStart: '',
    ...more,
  });
  return { clock, model, engine, ask };
}

async function collect(parts: AsyncIterable<GenerationPart>) {
  const all: GenerationPart[] = [];
  for await (const part of parts) all.push(part);
  const text = all.map(part => (part.type === 'text' ? part.text : '')).join('');
  return { text, end: all.at(-1), endings: all.filter(part => part.type !== 'text').length };
}

const never = () => new AbortController().signal;

describe('embedded engine', () => {
  it('answers until the model ends', async () => {
    const { engine, ask } = setUp({ 'let x = ': '42;' });
    const { text, end, endings } = await collect(engine.generate(ask('let x = '), never()));
    expect(text).toBe('42;');
    expect(endings).toBe(1);
    expect(end).toMatchObject({
      type: 'finish',
      reason: 'stop',
      figures: { promptTokens: 8, cachedTokens: 0, generatedTokens: 4 },
    });
  });

  it('ends at the token limit, and says so', async () => {
    const { engine, ask } = setUp({ a: 'bcdef' });
    const { text, end } = await collect(engine.generate(ask('a', { maxTokens: 2 }), never()));
    expect(text).toBe('bc');
    expect(end).toMatchObject({ reason: 'length' });
  });

  it('reads a prompt without answering when no token is wanted', async () => {
    const { engine, ask, model } = setUp({ abc: 'd' });
    const { text, end } = await collect(engine.generate(ask('abc', { maxTokens: 0 }), never()));
    expect(text).toBe('');
    expect(end).toMatchObject({ reason: 'length', figures: { generatedTokens: 0 } });
    expect(model.sequences[0]).toHaveLength(3);
  });

  it('cuts at a stop string that arrives in pieces, and keeps text that only began like one', async () => {
    const { engine, ask } = setUp({ a: 'x\ny\n\nz' });
    const { text, end } = await collect(engine.generate(ask('a', { stop: ['\n\n'] }), never()));
    expect(text).toBe('x\ny');
    expect(end).toMatchObject({ reason: 'stop' });
  });

  it('ends at a stop string that is a marker, which never shows as text', async () => {
    const { engine, ask } = setUp({ a: 'b<|pad|>c' });
    const { text } = await collect(engine.generate(ask('a', { stop: ['<|pad|>'] }), never()));
    expect(text).toBe('b');
  });

  it('reads only what differs from the last prompt, and at least its last token', async () => {
    const { engine, ask, model } = setUp({ abcd: 'e', abXY: 'z' });
    await collect(engine.generate(ask('abcd', { maxTokens: 1 }), never()));
    const again = await collect(engine.generate(ask('abcd', { maxTokens: 1 }), never()));
    expect(again.end).toMatchObject({ figures: { cachedTokens: 3 } });
    const other = await collect(engine.generate(ask('abXY', { maxTokens: 1 }), never()));
    expect(other.text).toBe('z');
    expect(other.end).toMatchObject({ figures: { cachedTokens: 2 } });
    expect(model.evaluatedTokens).toBe(4 + 1 + 2);
  });

  it('finds a file again after a look into another', async () => {
    const [first, second] = ['a'.repeat(40), 'b'.repeat(40)];
    const { engine, ask } = setUp({ [first]: 'x', [second]: 'y' });
    const cached = async (prompt: string) => {
      const { end } = await collect(engine.generate(ask(prompt, { maxTokens: 1 }), never()));
      return end?.type === 'finish' ? end.figures.cachedTokens : undefined;
    };
    expect([await cached(first), await cached(second)]).toEqual([0, 0]);
    expect([await cached(first), await cached(second)]).toEqual([39, 39]);
    expect([await cached('c'.repeat(40)), await cached(second), await cached(first)]).toEqual([0, 39, 0]);
  });

  it('takes along what two files have in common', async () => {
    const shared = 's'.repeat(80);
    const [first, second] = [`${shared}${'a'.repeat(90)}`, `${shared}${'b'.repeat(90)}`];
    const { engine, ask } = setUp({ [first]: 'x', [second]: 'y' }, { contextTokens: 400 });
    const run = (prompt: string) => collect(engine.generate(ask(prompt, { maxTokens: 1 }), never()));
    await run(first);
    const other = await run(second);
    expect(other.text).toBe('y');
    expect(other.end).toMatchObject({ figures: { cachedTokens: 80 } });
    expect((await run(first)).end).toMatchObject({ figures: { cachedTokens: 169 } });
  });

  it('reads everything again where the model cannot drop a part', async () => {
    const { engine, ask } = setUp({ abcd: 'e', abXY: 'z' }, { canTruncate: false });
    await collect(engine.generate(ask('abcd', { maxTokens: 1 }), never()));
    const other = await collect(engine.generate(ask('abXY', { maxTokens: 1 }), never()));
    expect(other.text).toBe('z');
    expect(other.end).toMatchObject({ figures: { cachedTokens: 0 } });
  });

  it('refuses what does not fit, with the figures, instead of shifting', async () => {
    const { engine, ask, model } = setUp({ a: 'b' }, { contextTokens: 10 });
    const { end, text } = await collect(engine.generate(ask('12345678', { maxTokens: 3 }), never()));
    expect(end).toEqual({
      type: 'failed',
      error: { kind: 'tooLong', promptTokens: 8, maxTokens: 3, contextTokens: 10 },
    });
    expect(text).toBe('');
    expect(model.batches).toEqual([]);
  });

  it('stops between two pieces of a prompt when nobody wants the answer any more', async () => {
    const abort = new AbortController();
    const { engine, ask, model } = setUp({}, { contextTokens: 1000, during: () => abort.abort() });
    const { endings, text } = await collect(engine.generate(ask('x'.repeat(500)), abort.signal));
    expect([endings, text]).toEqual([0, '']);
    expect(model.batches).toHaveLength(1);
    expect(model.openSamplers).toBe(0);
  });

  it('keeps what an aborted prompt has already cost', async () => {
    const abort = new AbortController();
    const prompt = 'x'.repeat(100);
    const { engine, ask } = setUp({ [prompt]: 'y' }, { during: () => abort.abort() });
    await collect(engine.generate(ask(prompt), abort.signal));
    const { end } = await collect(engine.generate(ask(prompt), never()));
    expect(end).toMatchObject({ figures: { cachedTokens: 32 } });
  });

  it('stops within a token while generating', async () => {
    const abort = new AbortController();
    const { engine, ask, model } = setUp({ a: 'bcdefgh' });
    const seen: string[] = [];
    for await (const part of engine.generate(ask('a'), abort.signal)) {
      if (part.type === 'text') seen.push(part.text);
      if (seen.length === 2) abort.abort();
    }
    expect(seen).toEqual(['b', 'c']);
    expect(model.evaluatedTokens).toBeLessThanOrEqual(4);
  });

  it('answers one completion after another, in order, and refuses a crowd', async () => {
    const { engine, ask } = setUp({ a: '1' });
    const answers = await Promise.all(Array.from({ length: 10 }, () => collect(engine.generate(ask('a'), never()))));
    expect(answers.slice(0, 9).map(answer => answer.text)).toEqual(Array(9).fill('1'));
    expect(answers[9]?.end).toEqual({ type: 'failed', error: { kind: 'tooManyWaiting' } });
  });

  it('never lets a chat evict a completion', async () => {
    const { engine, ask } = setUp({ 'code ': 'x', 'hello ': 'you' });
    const run = (prompt: string, lane: Lane) => collect(engine.generate(ask(prompt, { lane }), never()));
    await run('code ', 'completion');
    expect((await run('hello ', 'chat')).text).toBe('you');
    expect((await run('code ', 'completion')).end).toMatchObject({ figures: { cachedTokens: 4 } });
    expect((await run('hello ', 'chat')).end).toMatchObject({ figures: { cachedTokens: 5 } });
  });

  it('holds a chat back while a completion runs, and lets its tokens ride along', async () => {
    const chatPrompt = 'c'.repeat(150);
    const { engine, ask, model } = setUp({ [chatPrompt]: 'CHAT', p: 'completion' }, { contextTokens: 300 });
    const [completion, chat] = await Promise.all([
      collect(engine.generate(ask('p'), never())),
      collect(engine.generate(ask(chatPrompt, { lane: 'chat' }), never())),
    ]);
    expect([completion.text, chat.text]).toEqual(['completion', 'CHAT']);
    const lanes = model.batches.map(({ rows }) => rows.map(row => row.sequence).join('+'));
    const lastCompletion = lanes.lastIndexOf('0');
    const chatBefore = lanes.slice(0, lastCompletion).filter(lane => lane.includes('1'));
    expect(chatBefore.length).toBeLessThanOrEqual(1);
  });

  it('reads on a chat that was held back for long, however busy completion is', async () => {
    const { engine, ask, clock, model } = setUp(
      { c: 'CHAT', p: 'x'.repeat(60) },
      { contextTokens: 300, during: () => clock.advance(100) },
    );
    await Promise.all([
      collect(engine.generate(ask('p', { maxTokens: 60 }), never())),
      collect(engine.generate(ask('c', { lane: 'chat' }), never())),
    ]);
    const firstChat = model.batches.findIndex(({ rows }) => rows.some(row => row.sequence === 1));
    const lastCompletion = model.batches.findLastIndex(({ rows }) => rows.some(row => row.sequence === 0));
    expect(firstChat).toBeGreaterThan(0);
    expect(firstChat).toBeLessThan(lastCompletion);
  });

  it('begins the answer with what was typed already, and leaves that out', async () => {
    const { engine, ask } = setUp({ 'users.': 'map(x)' });
    const free = await collect(engine.generate(ask('users.'), never()));
    expect(free.text).toBe('map(x)');
    const held = await collect(engine.generate(ask('users.', { healedStart: 'ma', stop: ['map'] }), never()));
    expect(held.text).toBe('p(x)');
    const forced = await collect(engine.generate(ask('users.', { healedStart: 'fi', maxTokens: 3 }), never()));
    expect(forced.end).toMatchObject({ figures: { cachedTokens: 5 } });
  });

  it('gets the same answer in fewer batches from what stands in the prompt', async () => {
    const text = 'total += value; count += 1; ';
    const answers = { [`${text}|total`]: ' += value; count += 2;' };
    const run = async (drafting: 'whenWorthIt' | 'never') => {
      const { engine, ask, model, clock } = setUp(answers, { during: () => clock.advance(10) });
      // The first answer shows what a plain step takes.
      await collect(engine.generate(ask('x'), never()));
      const answer = await collect(engine.generate(ask(`${text}|total`, { drafting }), never()));
      return { answer, batches: model.batches.length, held: model.sequences[0]?.length };
    };
    const [plain, drafted] = [await run('never'), await run('whenWorthIt')];
    expect(drafted.answer.text).toBe(' += value; count += 2;');
    expect(drafted.batches).toBeLessThan(plain.batches / 2);
    expect(drafted.held).toBe(plain.held);
    expect(drafted.answer.end).toMatchObject({ type: 'finish', reason: 'stop', figures: { generatedTokens: 23 } });
  });

  it('never guesses beyond the limit of the answer, nor where the model cannot drop a guess', async () => {
    const prompt = `${'abcdefgh'.repeat(3)}ab`;
    const { engine, ask, model, clock } = setUp(
      { [prompt]: 'cdefghabcdefgh' },
      { during: () => clock.advance(10), contextTokens: prompt.length + 5 },
    );
    const { text } = await collect(engine.generate(ask(prompt, { drafting: 'whenWorthIt', maxTokens: 5 }), never()));
    expect(text).toBe('cdefg');
    expect(model.sequences[0]?.length).toBeLessThanOrEqual(prompt.length + 5);
    const recurrent = setUp({ [prompt]: 'cdefgh' }, { canTruncate: false, during: () => recurrent.clock.advance(10) });
    const { end } = await collect(
      recurrent.engine.generate(recurrent.ask(prompt, { drafting: 'whenWorthIt' }), never()),
    );
    expect(end).toMatchObject({ figures: { draftedTokens: 0 } });
  });

  it('says when llama.cpp fails, and reads everything again afterwards', async () => {
    let fail = true;
    const { engine, ask } = setUp(
      { abc: 'd' },
      {
        during: () => {
          if (fail) throw new Error('Eval has failed');
        },
      },
    );
    const failed = await collect(engine.generate(ask('abc'), never()));
    expect(failed.end).toMatchObject({ type: 'failed', error: { kind: 'engineFailed' } });
    fail = false;
    const next = await collect(engine.generate(ask('abc'), never()));
    expect(next.text).toBe('d');
    expect(next.end).toMatchObject({ figures: { cachedTokens: 0 } });
  });
});
