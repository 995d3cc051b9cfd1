import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { migrate } from '../../../src/metering/ledgerSchema.ts';
import { LedgerStore } from '../../../src/metering/ledgerStore.ts';
import type { RequestRecord } from '../../../src/metering/requestRecord.ts';
import { summarize } from '../../../src/metering/summary.ts';
import { rangeOf, weekBefore } from '../../../src/vscode/dashboardRanges.ts';
import { type BudgetFacts, budgetOf, dashboardShape } from '../../../src/vscode/dashboardShapes.ts';
import { acceptanceRecord, requestRecord } from '../../support/records.ts';

const comparison = {
  name: 'Acme plain',
  prices: { input: 0.5, cachedInput: 0.05, output: 3 },
  priceAsOf: '2026-09-23',
};

function dashboardOf(
  requests: readonly Partial<RequestRecord>[],
  acceptedIds: readonly string[] = [],
  budget: BudgetFacts | undefined = undefined,
) {
  const database = new DatabaseSync(':memory:');
  migrate(database);
  new LedgerStore(database).write({
    requests: requests.map((record, index) => requestRecord({ id: `r${index}`, ...record })),
    acceptances: acceptedIds.map(requestId => acceptanceRecord({ requestId, suggestionId: requestId })),
  });
  const question = { fromMs: 0, toMs: 1e15, partsFromMs: [0, 2_000], comparison };
  const chosen = summarize(database, question);
  return dashboardShape({
    choice: { range: 'today', purpose: '', model: '', language: '' },
    chosen,
    all: chosen,
    today: chosen,
    before: summarize(database, { ...question, toMs: 0 }),
    ledger: { kind: 'file', file: 'ledger.sqlite', setAside: undefined },
    partLabel: fromMs => `from ${fromMs}`,
    budget,
  });
}

describe('the dashboard', () => {
  it('begins with time, acceptance, characters and cost, each explained', () => {
    const { figures } = dashboardOf([{}, { id: 'r1' }], ['r0']);
    expect(figures.map(({ label, value }) => [label, value])).toEqual([
      ['Time to suggestion', '131 ms / 131 ms'],
      ['Accepted', '100 % (n = 1)'],
      ['Characters saved', '40'],
      ['Cost today', '$0'],
    ]);
    expect(figures.every(({ explanation }) => explanation.endsWith('.'))).toBe(true);
    expect(figures[0]?.detail).toBe('7 days before: — / —');
    expect(figures[3]?.detail).toMatch(/^≈ \$0\.\d+ saved$/);
  });

  it('never takes an unknown cost for nothing', () => {
    const remote = { locality: 'remote' as const, costSource: 'unknown' as const };
    const { money, models } = dashboardOf([
      { ...remote, costMicroUsd: undefined, model: 'far' },
      { ...remote, costMicroUsd: 1_500, costSource: 'list', model: 'near' },
    ]);
    expect(money[0]).toMatchObject({ label: 'Remote', value: '$0.0015 + 1 not known' });
    const cost = models.columns.findIndex(({ label }) => label === 'Cost');
    expect(models.rows.map(row => [row[0], row[cost]])).toEqual([
      ['far · Q4_K_M', '—'],
      ['near · Q4_K_M', '$0.0015'],
    ]);
  });

  it('follows the tokens and says what was not used', () => {
    const { funnel, funnelNote } = dashboardOf([{}, {}], ['r0']);
    expect(funnel.map(({ label, value }) => `${label}: ${value}`)).toEqual([
      'Prompt, sent: 2,408 tok',
      '– from cache: 2,360 tok',
      '– evaluated: 48 tok',
      'Generated: 28 tok',
      '– shown: 14 tok',
      '– accepted: ≈ 14 tok',
    ]);
    expect(funnelNote).toBe('50 % of what was generated was not used.');
  });

  it('has a table behind its charts', () => {
    const { overTime, phases, edgesMs } = dashboardOf([{}]);
    expect(overTime).toEqual([
      { label: 'from 0', requests: 1, p50Ms: 131, p95Ms: 131, p50: '131 ms', p95: '131 ms' },
      { label: 'from 2000', requests: 0, p50Ms: undefined, p95Ms: undefined, p50: '—', p95: '—' },
    ]);
    expect(phases.map(({ label }) => label).slice(0, 3)).toEqual(['total', 'wait', 'context']);
    expect(phases.every(({ counts }) => counts.length === edgesMs.length - 1)).toBe(true);
  });

  it('says when there is nothing yet', () => {
    expect(dashboardOf([]).isEmpty).toBe(true);
    expect(dashboardOf([{}]).isEmpty).toBe(false);
  });
});

describe('the ranges', () => {
  const noon = new Date(2026, 10, 23, 12, 30).getTime();

  it('of today has an hour for each hour so far', () => {
    const { fromMs, toMs, partsFromMs } = rangeOf('today', noon);
    expect(fromMs).toBe(new Date(2026, 10, 23).getTime());
    expect(toMs).toBeGreaterThan(noon);
    expect(partsFromMs).toHaveLength(13);
  });

  it('of days begins where the user’s days do', () => {
    const { fromMs, partsFromMs } = rangeOf('30days', noon);
    expect(fromMs).toBe(new Date(2026, 9, 25).getTime());
    expect(partsFromMs).toHaveLength(30);
    expect(partsFromMs.every(partMs => new Date(partMs).getHours() === 0)).toBe(true);
    expect(partsFromMs.at(-1)).toBe(new Date(2026, 10, 23).getTime());
  });

  it('of the week before ends where today begins', () => {
    expect(weekBefore(noon)).toEqual({
      fromMs: new Date(2026, 10, 16).getTime(),
      toMs: new Date(2026, 10, 23).getTime(),
    });
  });
});

describe('the budget', () => {
  const month = { microUsd: 1_250_000, requests: 12, unknown: 0 };
  const spending = { day: month, month, savings: undefined };

  it('is a bar with its limit in words, full where it is used up', () => {
    const [bar] = dashboardOf([], [], budgetOf(spending, 5)).budget;
    expect(bar).toMatchObject({ label: 'This month', value: '$1.25 of $5.00 (25 %)', share: 0.25 });
    const [passed] = dashboardOf([], [], budgetOf(spending, 1)).budget;
    expect(passed).toMatchObject({ value: '$1.25 of $1.00 (125 %)', share: 1 });
  });

  it('is not drawn where none was set', () => {
    expect(dashboardOf([], [], budgetOf(spending, 0)).budget).toEqual([]);
    expect(budgetOf(undefined, 5)).toBeUndefined();
  });
});
