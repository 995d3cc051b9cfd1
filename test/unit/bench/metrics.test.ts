import { describe, expect, it } from 'vitest';
import { measure } from '../../bench/metrics.ts';
import type { TargetDocument } from '../../bench/oracle.ts';
import type { ReplayEvent, ReplayLog } from '../../bench/replayLog.ts';
import type { EngineRequest } from '../../bench/slotEngine.ts';
import { tokenize } from '../../bench/tokenizer.ts';

const text = 'let sum = first + second;\nreturn sum;';
const document: TargetDocument = { name: 'd', text, regionStart: 0, regionEnd: text.length };

function log(events: ReplayEvent[], requests: EngineRequest[] = [], endMs = 10_000): ReplayLog {
  return { trace: 't', document, events, requests, engineBusyMs: 500, endMs };
}

function key(atMs: number, offset: number): ReplayEvent {
  return { kind: 'key', atMs, offset, text: text[offset - 1] ?? '' };
}

function ghost(atMs: number, offset: number, shown?: string): ReplayEvent {
  return { kind: 'ghost', atMs, offset, text: shown, byTyping: false };
}

function request(arrivedAtMs: number, offset: number, generatedText: string): EngineRequest {
  const tokens = tokenize(generatedText);
  return {
    number: 0,
    arrivedAtMs,
    promptTokens: 100,
    delivery: 'streamed',
    startedAtMs: arrivedAtMs,
    endedAtMs: arrivedAtMs + 100,
    tokenTimesMs: tokens.map(() => arrivedAtMs + 50),
    cachedTokens: 60,
    evaluatedTokens: 40,
    generatedText,
    place: { document: 'd', offset },
    right: true,
    end: 'stop',
  };
}

describe('metrics', () => {
  it('tells a new request from one that ran already and from memory', () => {
    const rest = text.slice(2, 25);
    const events = [key(1000, 1), key(1200, 2), ghost(1500, 2, rest), key(1800, 3), ghost(1816, 3, rest.slice(1))];
    const fresh = measure([log(events, [request(1300, 2, rest)])]);
    expect(fresh.keyToGhostMs.newRequest).toEqual({ count: 1, p50: 300, p95: 300 });
    expect(fresh.keyToGhostMs.memory).toEqual({ count: 1, p50: 16, p95: 16 });
    expect(fresh.engineOwnMs.p50).toBe(50);
    const joined = measure([log(events, [request(1190, 1, text.slice(1, 25))])]);
    expect(joined.keyToGhostMs.joined.count).toBe(1);
    expect(joined.keyToGhostMs.newRequest.count).toBe(0);
  });

  it('counts the pauses in which the right text stood 300 ms after the key', () => {
    const inTime = [key(0, 1), ghost(290, 1, text.slice(1)), key(1000, 2), ghost(1016, 2)];
    const late = [key(2000, 3), ghost(2310, 3, text.slice(3)), key(2600, 4), ghost(2616, 4)];
    const wrong = [key(4000, 5), ghost(4100, 5, 'nonsense'), key(4400, 6), ghost(4416, 6)];
    const result = measure([log([...inTime, ...late, ...wrong], [], 4700)]);
    // Seven gaps: 0-1000 right, 1000-2000 nothing, 2000-2600 too late, 2600-4000 nothing, 4000-4400 wrong, 4400-4700 nothing.
    expect(result.pauses).toBe(6);
    expect(result.rightIn300Ms).toBeCloseTo(1 / 6);
    expect(result.ghostIn300Ms).toBeCloseTo(2 / 6);
    expect(result.wrongVisibleShare).toBeCloseTo(316 / (726 + 306 + 316));
  });

  it('counts what came by Tab and stayed, less Tab and the keys that erased the rest', () => {
    const accepted = `${text.slice(5, 25)}\nwrong`;
    const result = measure([
      log([
        ...[1, 2, 3, 4, 5].map(offset => key(offset * 100, offset)),
        ghost(600, 5, accepted),
        { kind: 'accept', atMs: 1000, offset: 5, text: accepted },
        { kind: 'erase', atMs: 1500, offset: 26, keys: 2 },
        key(1700, 27),
      ]),
    ]);
    expect(result.keys).toBe(9);
    expect(result.keystrokesSaved).toBeCloseTo((21 - 1 - 2) / 27);
  });

  it('sees what was generated and never shown, and shown and never accepted', () => {
    const generated = 'sum = first + second;\nreturn sum;';
    const shown = 'sum = first + second;';
    const result = measure([log([key(100, 4), ghost(400, 4, shown), key(900, 5)], [request(150, 4, generated)])]);
    const unseen = tokenize(generated).length - tokenize(shown).length;
    expect(result.neverShownShare).toBeCloseTo(unseen / tokenize(generated).length);
    expect(result.neverAcceptedShare).toBe(1);
    expect(result.evaluatedPerShown).toBe(40);
    expect(result.cacheHit).toBeCloseTo(0.6);
  });

  it('calls flicker what typing does not explain', () => {
    const typedThrough = [key(0, 1), ghost(100, 1, 'et sum'), key(300, 2), ghost(316, 2, 't sum')];
    expect(measure([log(typedThrough)]).flicker).toBe(0);
    expect(measure([log([...typedThrough, ghost(400, 2, 'her')])]).flicker).toBe(1);
    expect(measure([log([key(0, 1), ghost(100, 1, 'et sum'), key(300, 2), ghost(316, 2)])]).flicker).toBe(1);
    expect(measure([log([key(0, 1), ghost(100, 1, 'other'), key(300, 2), ghost(316, 2)])]).flicker).toBe(0);
  });
});
