import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import { assert } from '../base/assert.ts';
import { Samples } from './distribution.ts';
import { microUsdOf } from './prices.ts';
import type { RequestOutcome, SpanName } from './requestRecord.ts';
import { type Fate, isCompleted, type RequestRow, UNSEEN } from './summaryRow.ts';
import { Groups, GroupTally, MoneyTally, PartTally, TokenTally } from './summaryTallies.ts';
import { type Energy, MAX_PARTS, type Savings, type Summary, type SummaryQuestion } from './summaryTypes.ts';

const PHASES: readonly SpanName[] = [
  'debounceMs',
  'contextMs',
  'queueMs',
  'connectMs',
  'firstTokenMs',
  'generateMs',
  'trimMs',
];

/**
 * Answers everything the dashboard shows from one pass over the requests of the range. One pass with the percentiles taken here
 * is several times as fast as a sorted query for each group (measured with 100,000 rows: test/bench/metering.ts).
 */
export function summarize(database: DatabaseSync, question: SummaryQuestion): Summary {
  assert(question.partsFromMs.length <= MAX_PARTS, 'a chart has a bounded number of parts');
  const fates = fatesOf(database, question.fromMs);
  const tallies = new SummaryTallies(question);
  for (const row of requestRows(database, question)) tallies.add(row, fates.get(row.id) ?? UNSEEN);
  return tallies.summary();
}

/** What became of each request's suggestion, all of its records taken together. */
function fatesOf(database: DatabaseSync, fromMs: number): Map<string, Fate> {
  // A suggestion is acted upon after its request began, so the later end of the range needs no bound here.
  const statement = database.prepare(
    `SELECT request_id, max(action <> 'unseen'), max(action LIKE 'accepted%'), sum(accepted_chars), max(shown_chars)
     FROM acceptances WHERE at_ms >= ? GROUP BY request_id`,
  );
  statement.setReturnArrays(true);
  const fates = new Map<string, Fate>();
  for (const row of statement.iterate(fromMs) as Iterable<unknown>) {
    const [id, isShown, isAccepted, acceptedChars, shownChars] = row as [string, number, number, number, number];
    fates.set(id, { isShown: isShown === 1, isAccepted: isAccepted === 1, acceptedChars, shownChars });
  }
  return fates;
}

const COLUMNS = `id, started_at_ms, purpose, model, quantization, locality, language_id, outcome, debounce_ms, context_ms,
  queue_ms, connect_ms, first_token_ms, generate_ms, trim_ms, total_ms, input_tokens, cached_input_tokens, output_tokens,
  usage_source, cost_micro_usd, energy_joules, energy_price_micro_usd_per_kwh`;

function* requestRows(database: DatabaseSync, question: SummaryQuestion): Iterable<RequestRow> {
  const { fromMs, toMs, purpose, model, languageId, locality } = question;
  const filters = Object.entries({ purpose, model, language_id: languageId, locality }).filter(([, value]) => value);
  const where = ['started_at_ms >= ?', 'started_at_ms < ?', ...filters.map(([column]) => `${column} = ?`)];
  const statement = database.prepare(`SELECT ${COLUMNS} FROM requests WHERE ${where.join(' AND ')}`);
  statement.setReturnArrays(true);
  const values: SQLInputValue[] = [fromMs, toMs, ...filters.map(([, value]) => value ?? null)];
  for (const cells of statement.iterate(...values) as Iterable<unknown>) yield rowOf(cells as Cells);
}

type Count = number | null;
type Cells = readonly [
  ...[string, number, string, string, string | null, string, string | null, RequestOutcome['kind']],
  ...[Count, Count, Count, Count, Count, Count, Count, number],
  ...[Count, Count, Count, string, Count, Count, Count],
];

function rowOf(cells: Cells): RequestRow {
  return {
    id: cells[0],
    startedAtMs: cells[1],
    purpose: cells[2],
    model: cells[3],
    quantization: cells[4] ?? undefined,
    isLocal: cells[5] !== 'remote',
    locality: cells[5],
    languageId: cells[6] ?? undefined,
    outcome: cells[7],
    spansMs: [cells[8], cells[9], cells[10], cells[11], cells[12], cells[13], cells[14]],
    totalMs: cells[15],
    inputTokens: cells[16] ?? undefined,
    cachedInputTokens: cells[17] ?? undefined,
    outputTokens: cells[18] ?? undefined,
    isEstimated: cells[19] === 'estimated',
    costMicroUsd: cells[20] ?? undefined,
    energyJoules: cells[21] ?? undefined,
    energyPrice: cells[22] ?? 0,
  };
}

class SummaryTallies {
  readonly #question: SummaryQuestion;
  readonly #outcomes = { answered: 0, empty: 0, cancelled: 0, refused: 0, failed: 0 };
  readonly #all = new GroupTally();
  readonly #spans = PHASES.map(() => new Samples());
  readonly #parts: PartTally[];
  readonly #purposes = new Groups(row => row.purpose);
  readonly #models = new Groups(row => row.model);
  readonly #localities = new Groups(row => row.locality);
  readonly #languages = new Groups(row => row.languageId);
  readonly #tokens = new TokenTally();
  readonly #local = new MoneyTally();
  readonly #remote = new MoneyTally();
  readonly #saved = new MoneyTally();
  readonly #energy = { joules: 0, microUsd: 0, requests: 0 };

  constructor(question: SummaryQuestion) {
    this.#question = question;
    this.#parts = question.partsFromMs.map(fromMs => new PartTally(fromMs));
  }

  add(row: RequestRow, fate: Fate): void {
    this.#outcomes[row.outcome] += 1;
    for (const groups of [this.#purposes, this.#models, this.#localities, this.#languages]) groups.add(row, fate);
    this.#all.add(row, fate);
    if (isCompleted(row)) {
      row.spansMs.forEach((spanMs, index) => {
        if (spanMs !== null) this.#spans[index]?.add(spanMs);
      });
    }
    this.#parts.findLast(({ fromMs }) => row.startedAtMs >= fromMs)?.add(row);
    this.#tokens.add(row, fate);
    (row.isLocal ? this.#local : this.#remote).add(row.costMicroUsd);
    if (row.isLocal) this.#addSaved(row);
    this.#addEnergy(row);
  }

  #addSaved(row: RequestRow): void {
    const { comparison } = this.#question;
    if (!comparison) return;
    const { inputTokens, cachedInputTokens, outputTokens } = row;
    // Nothing was asked of anyone where neither is known, so nothing was saved either.
    if (inputTokens === undefined && outputTokens === undefined) return;
    this.#saved.add(
      microUsdOf(comparison.prices, { inputTokens, cachedInputTokens, outputTokens, source: 'reported' }),
    );
  }

  #addEnergy({ energyJoules, energyPrice }: RequestRow): void {
    if (energyJoules === undefined) return;
    this.#energy.joules += energyJoules;
    this.#energy.microUsd += (energyJoules / JOULES_PER_KWH) * energyPrice;
    this.#energy.requests += 1;
  }

  summary(): Summary {
    const { fromMs, toMs } = this.#question;
    return {
      fromMs,
      toMs,
      requests: this.#all.requests,
      outcomes: this.#outcomes,
      total: this.#all.total.distribution(),
      phases: PHASES.map((phase, index) => ({ phase, ...(this.#spans[index] ?? new Samples()).distribution() })),
      parts: this.#parts.map(part => part.summary()),
      byPurpose: this.#purposes.summary(),
      byModel: this.#models.summary(),
      byLocality: this.#localities.summary(),
      byLanguage: this.#languages.summary(),
      suggestions: this.#all.suggestions(),
      tokens: this.#tokens.funnel(),
      local: this.#local.money(),
      remote: this.#remote.money(),
      savings: this.#savings(),
      energy: this.#energyEstimate(),
    };
  }

  #savings(): Savings | undefined {
    const { comparison } = this.#question;
    return comparison && { comparedWith: comparison.name, priceAsOf: comparison.priceAsOf, ...this.#saved.money() };
  }

  #energyEstimate(): Energy | undefined {
    const { joules, microUsd, requests } = this.#energy;
    return requests > 0 ? { joules, microUsd: Math.round(microUsd), requests } : undefined;
  }
}

const JOULES_PER_KWH = 3_600_000;
