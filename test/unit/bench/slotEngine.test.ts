import { describe, expect, it } from 'vitest';
import type { Oracle } from '../../bench/oracle.ts';
import { createSlotEngine, DEFAULT_ENGINE, type EngineJob, type EngineSettings } from '../../bench/slotEngine.ts';
import { VirtualClock, wait } from '../../bench/virtualClock.ts';

const words = (count: number) => Array.from({ length: count }, () => ' word').join('');
const oracle: Oracle = {
  answer: () => ({ text: 'one two three\nfour', place: undefined, right: true, meanLogprob: -0.1 }),
};

function job(prompt: string, more: Partial<EngineJob> = {}): EngineJob {
  const signal = new AbortController().signal;
  return { prompt, maxTokens: 64, stop: [], delivery: 'streamed', signal, onText() {}, ...more };
}

function start(settings: Partial<EngineSettings> = {}) {
  const clock = new VirtualClock();
  return { clock, engine: createSlotEngine(clock, oracle, { ...DEFAULT_ENGINE, ...settings }) };
}

describe('slot engine', () => {
  it('takes the time that its speeds say', async () => {
    const { clock, engine } = start();
    const request = await clock.run(engine.submit(job(words(80))));
    // 10 ms, 80 tokens at 800 a second, then five more tokens and the end of the answer at 40 a second.
    expect(request.tokenTimesMs[0]).toBeCloseTo(110);
    expect(request.generatedText).toBe('one two three\nfour');
    expect(request.endedAtMs).toBeCloseTo(110 + 25 * request.tokenTimesMs.length);
    expect(engine.busyMs).toBeCloseTo(request.endedAtMs ?? 0);
  });

  it('does not evaluate again what the slot holds', async () => {
    const { clock, engine } = start();
    await clock.run(engine.submit(job(words(80))));
    const longer = await clock.run(engine.submit(job(words(90))));
    const changedAtFront = await clock.run(engine.submit(job(`other${words(90)}`)));
    expect([longer.cachedTokens, longer.evaluatedTokens]).toEqual([80, 10]);
    expect([changedAtFront.cachedTokens, changedAtFront.evaluatedTokens]).toEqual([0, 91]);
  });

  it('keeps the generated tokens in the cache too', async () => {
    const { clock, engine } = start();
    const first = await clock.run(engine.submit(job(`${words(10)}\n`)));
    const next = await clock.run(engine.submit(job(`${words(10)}\n${first.generatedText} more`)));
    expect(next.evaluatedTokens).toBe(1);
  });

  it('stops an aborted prefill within 100 ms, and keeps what was read', async () => {
    const { clock, engine } = start();
    const abort = new AbortController();
    clock.after(200, () => abort.abort());
    const aborted = engine.submit(job(words(800), { signal: abort.signal }));
    const next = engine.submit(job(words(800)));
    await clock.run(aborted);
    const request = await clock.run(next);
    expect((await aborted).end).toBe('aborted');
    expect(request.startedAtMs).toBeLessThan(300);
    expect(request.cachedTokens).toBeGreaterThan(100);
  });

  it('reads an abandoned prompt to its end where told so', async () => {
    const { clock, engine } = start({ abort: 'readsPromptToEnd' });
    const abort = new AbortController();
    clock.after(200, () => abort.abort());
    const aborted = engine.submit(job(words(800), { signal: abort.signal }));
    const next = engine.submit(job(words(801)));
    await clock.run(aborted);
    expect(clock.monotonicMs()).toBe(200);
    const request = await clock.run(next);
    expect(request.startedAtMs).toBeCloseTo(1010);
    expect(request.evaluatedTokens).toBe(1);
  });

  it('serves first come first served, and drops what was aborted in the queue', async () => {
    const { clock, engine } = start();
    const abort = new AbortController();
    const first = engine.submit(job('a'));
    const dropped = engine.submit(job('b', { signal: abort.signal }));
    const last = engine.submit(job('c'));
    abort.abort();
    await clock.run(Promise.all([first, dropped, last]));
    expect((await dropped).startedAtMs).toBeUndefined();
    expect((await last).startedAtMs).toBe((await first).endedAtMs);
  });

  it('ends at a stop string without telling it, and at the token limit', async () => {
    const { clock, engine } = start();
    let told = '';
    const onText = (text: string) => {
      told += text;
    };
    const stopped = await clock.run(engine.submit(job('a', { stop: ['e\nf'], onText })));
    expect([stopped.end, told]).toEqual(['stop', 'one two thre']);
    const cut = await clock.run(engine.submit(job('a', { maxTokens: 2 })));
    expect([cut.end, cut.generatedText]).toEqual(['length', 'one two']);
  });

  it('says so when nothing can happen any more', async () => {
    await expect(new VirtualClock().run(new Promise(() => {}))).rejects.toThrow('no timer');
    const clock = new VirtualClock();
    await clock.run(wait(clock, 5));
    expect(clock.monotonicMs()).toBe(5);
  });
});
