import { DatabaseSync } from 'node:sqlite';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HISTOGRAM_EDGES_MS, Samples } from '../../../src/metering/distribution.ts';
import { migrate } from '../../../src/metering/ledgerSchema.ts';
import { LedgerStore } from '../../../src/metering/ledgerStore.ts';
import type { AcceptanceRecord, RequestRecord } from '../../../src/metering/requestRecord.ts';
import { spendingOf } from '../../../src/metering/spending.ts';
import { summarize } from '../../../src/metering/summary.ts';
import type { SummaryQuestion } from '../../../src/metering/summaryTypes.ts';
import { acceptanceRecord, requestRecord } from '../../support/records.ts';

function summaryOf(
  requests: readonly Partial<RequestRecord>[],
  options: { acceptances?: readonly Partial<AcceptanceRecord>[]; question?: Partial<SummaryQuestion> } = {},
) {
  const database = new DatabaseSync(':memory:');
  migrate(database);
  new LedgerStore(database).write({
    requests: requests.map((record, index) => requestRecord({ id: `r${index}`, ...record })),
    acceptances: (options.acceptances ?? []).map((record, index) =>
      acceptanceRecord({ suggestionId: `s${index}`, ...record }),
    ),
  });
  return summarize(database, { fromMs: 0, toMs: 1e15, partsFromMs: [], ...options.question });
}

const took = (totalMs: number) => ({ spans: { firstTokenMs: totalMs - 1, generateMs: 1, totalMs } });
const used = (inputTokens?: number, cachedInputTokens?: number, outputTokens?: number) => ({
  usage: { inputTokens, cachedInputTokens, outputTokens, source: 'reported' as const },
});

describe('percentiles', () => {
  it('are nearest ranks: values that were measured', () => {
    const { total } = summaryOf(Array.from({ length: 200 }, (_, index) => took(((index * 7) % 200) + 1)));
    expect(total.percentiles).toEqual({ count: 200, p50: 100, p95: 190, p99: 198 });
  });

  it('are those of the sorted values, in whatever order and however often these come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 40 }), { minLength: 1, maxLength: 600 }), values => {
        const samples = new Samples();
        for (const value of values) samples.add(value);
        const sorted = values.toSorted((a, b) => a - b);
        const rank = (percent: number) => sorted[Math.ceil((values.length * percent) / 100) - 1];
        expect(samples.percentiles()).toEqual({ count: values.length, p50: rank(50), p95: rank(95), p99: rank(99) });
      }),
    );
  });

  it('of one value are that value, of none are not known', () => {
    expect(summaryOf([took(84)]).total.percentiles).toEqual({ count: 1, p50: 84, p95: 84, p99: 84 });
    expect(summaryOf([]).total.percentiles).toEqual({ count: 0, p50: undefined, p95: undefined, p99: undefined });
  });

  it('leave out what was cut short', () => {
    const { total, outcomes, requests } = summaryOf([
      took(100),
      { ...took(90), outcome: { kind: 'empty', why: 'markers' } },
      { ...took(1), outcome: { kind: 'cancelled', at: 'queue' } },
      { ...took(2), outcome: { kind: 'failed', error: { kind: 'modelLoading' } } },
      { ...took(3), outcome: { kind: 'refused', why: 'no' } },
    ]);
    expect(total.percentiles).toMatchObject({ count: 2, p50: 90, p99: 100 });
    expect(outcomes).toEqual({ answered: 1, empty: 1, cancelled: 1, failed: 1, refused: 1 });
    expect(requests).toBe(5);
  });

  it('are told for each phase that took place', () => {
    const { phases } = summaryOf([
      { spans: { debounceMs: 10, firstTokenMs: 40, totalMs: 50 } },
      { spans: { firstTokenMs: 60, totalMs: 60 } },
    ]);
    const found = Object.fromEntries(phases.map(({ phase, percentiles }) => [phase, percentiles]));
    expect(found.debounceMs).toMatchObject({ count: 1, p50: 10 });
    expect(found.firstTokenMs).toMatchObject({ count: 2, p50: 40, p95: 60 });
    expect(found.trimMs).toMatchObject({ count: 0 });
  });
});

describe('a histogram', () => {
  it('is even on a log axis, and counts what lies beyond in its ends', () => {
    expect(HISTOGRAM_EDGES_MS[0]).toBeCloseTo(0.1);
    expect(HISTOGRAM_EDGES_MS.at(-1)).toBeCloseTo(100_000);
    const samples = new Samples();
    for (const value of [0, 0.01, 0.11, 9.9, 10.1, 1e9]) samples.add(value);
    const { counts } = samples.distribution();
    const at10 = HISTOGRAM_EDGES_MS.findIndex(edge => Math.abs(edge - 10) < 1e-9);
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(6);
    expect([counts[0], counts[at10 - 1], counts[at10], counts.at(-1)]).toEqual([3, 1, 1, 1]);
  });
});

describe('the range and its filters', () => {
  const requests = [
    { startedAtMs: 999 },
    { startedAtMs: 1_000, model: 'a', languageId: 'go' },
    { startedAtMs: 1_999, model: 'b', purpose: 'chat' as const, locality: 'remote' as const },
    { startedAtMs: 2_000 },
  ];
  const within = { fromMs: 1_000, toMs: 2_000 };

  it('include their beginning and not their end', () => {
    expect(summaryOf(requests, { question: within }).requests).toBe(2);
  });

  it.each([{ model: 'a' }, { languageId: 'go' }, { purpose: 'completion' }, { locality: 'loopback' }] as const)(
    'leave what fits %j',
    filter => {
      const summary = summaryOf(requests, { question: { ...within, ...filter } });
      expect(summary.byModel.map(({ name }) => name)).toEqual(['a']);
    },
  );

  it('are cut into parts', () => {
    const { parts } = summaryOf(
      [
        { startedAtMs: 10, ...took(5) },
        { startedAtMs: 19, ...took(7) },
        { startedAtMs: 30, locality: 'remote', costMicroUsd: 12, costSource: 'list' },
      ],
      { question: { fromMs: 10, partsFromMs: [10, 20, 30] } },
    );
    expect(parts.map(({ fromMs, requests: count, remoteMicroUsd }) => [fromMs, count, remoteMicroUsd])).toEqual([
      [10, 2, 0],
      [20, 0, 0],
      [30, 1, 12],
    ]);
    expect(parts[0]?.totalMs).toEqual({ count: 2, p50: 5, p95: 7, p99: 7 });
  });
});

describe('groups', () => {
  it('are told by model, the largest first, with speed, cost and what was taken', () => {
    const { byModel } = summaryOf(
      [
        {
          model: 'small',
          quantization: 'Q4_K_M',
          spans: { debounceMs: 50, firstTokenMs: 40, generateMs: 100, totalMs: 190 },
          ...used(10, 0, 5),
        },
        { model: 'small', quantization: 'Q4_K_M', ...took(80), ...used(20, 10, undefined) },
        {
          model: 'large',
          quantization: undefined,
          costMicroUsd: undefined,
          costSource: 'unknown',
          locality: 'remote',
          ...took(900),
        },
      ],
      { acceptances: [{ requestId: 'r0', acceptedChars: 30, shownChars: 60 }] },
    );
    expect(byModel).toMatchObject([
      {
        name: 'small',
        quantization: 'Q4_K_M',
        requests: 2,
        totalMs: { count: 2, p50: 80 },
        firstTokenMs: { count: 2, p50: 79, p95: 90 },
        decodeSpeed: { count: 1, p50: 40 },
        inputTokens: 30,
        outputTokens: 5,
        suggestions: { shown: 1, accepted: 1, acceptedChars: 30 },
        cost: { microUsd: 0, requests: 2, unknown: 0 },
      },
      { name: 'large', quantization: undefined, cost: { microUsd: 0, requests: 1, unknown: 1 } },
    ]);
  });

  it('do not claim one quantization where there were two, and name what is not known by nothing', () => {
    const { byModel, byLanguage } = summaryOf([
      { quantization: 'Q4_0', languageId: undefined },
      { quantization: 'Q8_0', languageId: 'python' },
      { quantization: 'Q8_0', languageId: 'python' },
    ]);
    expect(byModel.map(({ quantization }) => quantization)).toEqual([undefined]);
    expect(byLanguage.map(({ name, requests }) => [name, requests])).toEqual([
      ['python', 2],
      [undefined, 1],
    ]);
  });
});

describe('suggestions and tokens', () => {
  it('count each request once, however often its suggestion was looked at and taken from', () => {
    const { suggestions } = summaryOf([{}, {}, {}, {}], {
      acceptances: [
        { requestId: 'r0', action: 'acceptedPartly', acceptedChars: 4 },
        { requestId: 'r0', action: 'accepted', acceptedChars: 10 },
        { requestId: 'r1', action: 'dismissed', acceptedChars: 0 },
        { requestId: 'r2', action: 'unseen', acceptedChars: 0 },
      ],
    });
    expect(suggestions).toEqual({ shown: 2, accepted: 1, acceptedChars: 14 });
  });

  it('follow tokens from the prompt to the accepted text', () => {
    const { tokens } = summaryOf(
      [
        used(1_000, 900, 20),
        used(500, undefined, 10),
        used(400, 100, 8),
        { ...used(), outcome: { kind: 'failed', error: { kind: 'modelLoading' } } },
        { usage: { inputTokens: undefined, cachedInputTokens: undefined, outputTokens: 3, source: 'estimated' } },
        { ...used(7_000, 0, 700), purpose: 'chat' },
      ],
      {
        acceptances: [
          { requestId: 'r0', acceptedChars: 25, shownChars: 100, action: 'acceptedPartly' },
          { requestId: 'r1', acceptedChars: 0, shownChars: 30, action: 'typedOver' },
        ],
      },
    );
    expect(tokens).toEqual({
      sent: 1_900,
      cached: 1_000,
      evaluated: 100 + 300,
      generated: 41,
      shown: 30,
      accepted: 5,
      uncounted: 1,
      estimated: 1,
    });
  });
});

describe('spending', () => {
  it('is what went to remote models, today and this month, and what local use saved', () => {
    const database = new DatabaseSync(':memory:');
    migrate(database);
    const remote = { locality: 'remote' as const, costSource: 'list' as const };
    const requests = [
      { startedAtMs: 50, ...remote, costMicroUsd: 1 },
      { startedAtMs: 150, ...remote, costMicroUsd: 20 },
      { startedAtMs: 250, ...remote, costMicroUsd: 300 },
      { startedAtMs: 260, ...remote, costMicroUsd: undefined },
      { startedAtMs: 120, ...used(1_000, 900, 100) },
      { startedAtMs: 130, ...used(1_000, 900, undefined) },
      { startedAtMs: 50, ...used(1_000, 0, 100) },
    ].map((record, index) => requestRecord({ id: `r${index}`, ...record }));
    new LedgerStore(database).write({ requests, acceptances: [] });
    const comparison = { name: 'Acme', prices: { input: 0.5, cachedInput: 0.05, output: 3 }, priceAsOf: '2026-09-23' };
    expect(spendingOf(database, { dayFromMs: 200, monthFromMs: 100, comparison })).toEqual({
      day: { microUsd: 300, requests: 2, unknown: 1 },
      month: { microUsd: 320, requests: 3, unknown: 1 },
      savings: { comparedWith: 'Acme', priceAsOf: '2026-09-23', microUsd: 395, requests: 2, unknown: 1 },
    });
  });
});

describe('money', () => {
  it('is summed apart for local and remote, and what is not known is counted', () => {
    const { local, remote } = summaryOf([
      {},
      { locality: 'lan' },
      { locality: 'remote', costMicroUsd: 1_234, costSource: 'list' },
      { locality: 'remote', costMicroUsd: undefined, costSource: 'unknown' },
    ]);
    expect(local).toEqual({ microUsd: 0, requests: 2, unknown: 0 });
    expect(remote).toEqual({ microUsd: 1_234, requests: 2, unknown: 1 });
  });

  it('that was not spent is what the local tokens cost at the named model', () => {
    const comparison = {
      name: 'Acme plain',
      prices: { input: 0.5, cachedInput: 0.05, output: 3 },
      priceAsOf: '2026-09-23',
    };
    const { savings } = summaryOf(
      [
        used(1_000, 900, 100),
        used(undefined, undefined, 5),
        used(),
        { ...used(1_000, 0, 1_000), locality: 'remote', costMicroUsd: 9, costSource: 'list' },
      ],
      { question: { comparison } },
    );
    expect(savings).toEqual({
      comparedWith: 'Acme plain',
      priceAsOf: '2026-09-23',
      microUsd: 395,
      requests: 2,
      unknown: 1,
    });
  });

  it('has estimated energy beside it, where there is an estimate', () => {
    const energy = { joules: 1_800_000, priceMicroUsdPerKwh: 300_000 };
    expect(summaryOf([{ energy }, { energy }, {}]).energy).toEqual({
      joules: 3_600_000,
      microUsd: 300_000,
      requests: 2,
    });
    expect(summaryOf([{}]).energy).toBeUndefined();
  });
});
