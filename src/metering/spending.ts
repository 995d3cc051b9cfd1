import type { DatabaseSync } from 'node:sqlite';
import type { Comparison } from './cost.ts';
import { microUsdOf } from './prices.ts';
import type { Money, Savings } from './summaryTypes.ts';

export interface SpendingQuestion {
  /** When the user's day, and month, began. */
  readonly dayFromMs: number;
  readonly monthFromMs: number;
  readonly comparison: Comparison | undefined;
}

/** What went to remote models, and what local use saved this month. Cheap enough to ask again and again. */
export interface Spending {
  readonly day: Money;
  readonly month: Money;
  readonly savings: Savings | undefined;
}

export function spendingOf(database: DatabaseSync, question: SpendingQuestion): Spending {
  const { dayFromMs, monthFromMs, comparison } = question;
  return {
    day: remoteMoney(database, dayFromMs),
    month: remoteMoney(database, monthFromMs),
    savings: comparison && savingsSince(database, monthFromMs, comparison),
  };
}

function remoteMoney(database: DatabaseSync, fromMs: number): Money {
  const sums = database
    .prepare(
      `SELECT coalesce(sum(cost_micro_usd), 0) AS microUsd, count(*) AS requests, count(*) - count(cost_micro_usd) AS unknown
       FROM requests WHERE started_at_ms >= ? AND locality = 'remote'`,
    )
    .get(fromMs);
  return { microUsd: Number(sums?.microUsd), requests: Number(sums?.requests), unknown: Number(sums?.unknown) };
}

function savingsSince(database: DatabaseSync, fromMs: number, { name, priceAsOf, prices }: Comparison): Savings {
  const statement = database.prepare(
    `SELECT input_tokens, cached_input_tokens, output_tokens FROM requests
     WHERE started_at_ms >= ? AND locality <> 'remote' AND coalesce(input_tokens, output_tokens) IS NOT NULL`,
  );
  statement.setReturnArrays(true);
  const saved = { microUsd: 0, requests: 0, unknown: 0 };
  for (const row of statement.iterate(fromMs) as Iterable<unknown>) {
    const [inputTokens, cachedInputTokens, outputTokens] = (row as (number | null)[]).map(cell => cell ?? undefined);
    const microUsd = microUsdOf(prices, { inputTokens, cachedInputTokens, outputTokens, source: 'reported' });
    saved.requests += 1;
    if (microUsd === undefined) saved.unknown += 1;
    else saved.microUsd += microUsd;
  }
  return { comparedWith: name, priceAsOf, ...saved };
}
