import { describe, expect, it } from 'vitest';
import { Pace, Paces } from '../../../src/completion/pace.ts';

function afterReading(msPerToken: number, times = 10): Pace {
  const pace = new Pace();
  for (let at = 0; at < times; at++) pace.notePrefill(500, 500 * msPerToken);
  return pace;
}

describe('pace', () => {
  it('makes prompts as long as the engine can read in three seconds', () => {
    expect(afterReading(0.2).promptTokens).toBe(8192);
    expect(afterReading(1.25).promptTokens).toBe(2048);
    expect(afterReading(5).promptTokens).toBe(512);
    expect(afterReading(100).promptTokens).toBe(256);
  });

  it('does not change the length for small changes of speed', () => {
    const pace = afterReading(1.25);
    for (const msPerToken of [1.1, 1.5, 1.3, 1.6, 1.2]) pace.notePrefill(500, 500 * msPerToken);
    expect(pace.promptTokens).toBe(2048);
  });

  it('learns nothing of reading from prompts that were in the cache', () => {
    const pace = new Pace();
    pace.notePrefill(5, 5000);
    expect(pace.promptTokens).toBe(2048);
  });

  it('asks a fast engine for the lines that come while the first is read, and a slow one for none', () => {
    const decoding = (charsPerS: number) => {
      const pace = new Pace();
      for (let at = 0; at < 60; at++) pace.noteDecoded(100, 100_000 / charsPerS);
      return pace.linesWhileReading();
    };
    expect([decoding(100), decoding(300), decoding(1200)]).toEqual([0, 2, 8]);
  });

  it('is kept for each model', () => {
    const paces = new Paces();
    paces.of('a').notePrefill(500, 50_000);
    expect(paces.of('a').promptTokens).toBeLessThan(paces.of('b').promptTokens);
  });
});
