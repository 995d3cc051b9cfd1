import { describe, expect, it } from 'vitest';
import { RecentRequests } from '../../../src/metering/recentRequests.ts';
import type { Spending } from '../../../src/metering/spending.ts';
import { createSpendingWatch, type SpendingNeeds } from '../../../src/vscode/spendingWatch.ts';
import { FakeClock } from '../../support/fakeClock.ts';
import { requestRecord } from '../../support/records.ts';

const MONEY = { microUsd: 5, requests: 1, unknown: 0 };
const SPENDING: Spending = { day: MONEY, month: MONEY, savings: undefined };

function watch(answers: { ok: boolean }[] = []) {
  const clock = new FakeClock(new Date(2026, 10, 23, 12).getTime());
  const requests = new RecentRequests();
  const asked: unknown[] = [];
  const ask = async (_: string, asks: unknown) => {
    asked.push(asks);
    return { error: { detail: 'no' }, value: SPENDING, ...(answers[asked.length - 1] ?? { ok: true }) };
  };
  const ledger = { ask } as unknown as SpendingNeeds['ledger'];
  const spending = createSpendingWatch({ clock, ledger, requests, comparison: () => undefined });
  return { clock, requests, asked, spending };
}

describe('spending at hand', () => {
  it('is counted soon after the first request, from the beginning of the day and of the month', async () => {
    const { clock, requests, asked, spending } = watch();
    expect(spending.current()).toBeUndefined();
    requests.append(requestRecord());
    await clock.advance(1_000);
    expect(spending.current()).toEqual(SPENDING);
    expect(asked).toEqual([
      {
        dayFromMs: new Date(2026, 10, 23).getTime(),
        monthFromMs: new Date(2026, 10, 1).getTime(),
        comparison: undefined,
      },
    ]);
  });

  it('is not counted with every request, and not without any', async () => {
    const { clock, requests, asked } = watch();
    for (let second = 0; second < 60; second++) {
      requests.append(requestRecord({ id: `r${second}` }));
      await clock.advance(1_000);
    }
    expect(asked.length).toBeLessThanOrEqual(4);
    await clock.advance(60_000);
    const settled = asked.length;
    await clock.advance(600_000);
    expect(asked).toHaveLength(settled);
  });

  it('stays as it was where the ledger cannot answer', async () => {
    const { clock, requests, spending } = watch([{ ok: false }]);
    requests.append(requestRecord());
    await clock.advance(1_000);
    expect(spending.current()).toBeUndefined();
  });
});
