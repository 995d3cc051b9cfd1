import { Samples } from './distribution.ts';
import { type Fate, isCompleted, type RequestRow } from './summaryRow.ts';
import type { Money, SuggestionCounts, SummaryGroup, SummaryPart, TokenFunnel } from './summaryTypes.ts';

/** Requests by one of their properties; the largest group first. */
export class Groups {
  readonly #nameOf: (row: RequestRow) => string | undefined;
  readonly #tallies = new Map<string | undefined, GroupTally>();

  constructor(nameOf: (row: RequestRow) => string | undefined) {
    this.#nameOf = nameOf;
  }

  add(row: RequestRow, fate: Fate): void {
    const name = this.#nameOf(row);
    let tally = this.#tallies.get(name);
    if (!tally) {
      tally = new GroupTally();
      this.#tallies.set(name, tally);
    }
    tally.add(row, fate);
  }

  summary(): SummaryGroup[] {
    return [...this.#tallies]
      .map(([name, tally]) => ({ name, ...tally.summary() }))
      .sort((a, b) => b.requests - a.requests);
  }
}

export class GroupTally {
  readonly total = new Samples();
  readonly #firstToken = new Samples();
  readonly #decodeSpeed = new Samples();
  readonly #cost = new MoneyTally();
  readonly #quantizations = new Set<string | undefined>();
  readonly #suggestions = { shown: 0, accepted: 0, acceptedChars: 0 };
  requests = 0;
  #inputTokens = 0;
  #outputTokens = 0;

  add(row: RequestRow, fate: Fate): void {
    this.requests += 1;
    this.#quantizations.add(row.quantization);
    this.#inputTokens += row.inputTokens ?? 0;
    this.#outputTokens += row.outputTokens ?? 0;
    this.#cost.add(row.costMicroUsd);
    if (fate.isShown) this.#suggestions.shown += 1;
    if (fate.isAccepted) this.#suggestions.accepted += 1;
    this.#suggestions.acceptedChars += fate.acceptedChars;
    if (isCompleted(row)) this.#addTimes(row);
  }

  #addTimes({ spansMs, totalMs, outputTokens }: RequestRow): void {
    const [debounceMs, contextMs, queueMs, connectMs, firstTokenMs, generateMs] = spansMs;
    this.total.add(totalMs);
    // Without generation there was no first token; the time until then was a wait for the end.
    if (firstTokenMs == null || generateMs == null) return;
    this.#firstToken.add((debounceMs ?? 0) + (contextMs ?? 0) + (queueMs ?? 0) + (connectMs ?? 0) + firstTokenMs);
    if (outputTokens !== undefined && outputTokens > 1 && generateMs > 0) {
      this.#decodeSpeed.add(((outputTokens - 1) / generateMs) * 1_000);
    }
  }

  suggestions(): SuggestionCounts {
    return this.#suggestions;
  }

  summary(): Omit<SummaryGroup, 'name'> {
    const [quantization] = this.#quantizations;
    return {
      quantization: this.#quantizations.size === 1 ? quantization : undefined,
      requests: this.requests,
      totalMs: this.total.percentiles(),
      firstTokenMs: this.#firstToken.percentiles(),
      decodeSpeed: this.#decodeSpeed.percentiles(),
      inputTokens: this.#inputTokens,
      outputTokens: this.#outputTokens,
      suggestions: this.#suggestions,
      cost: this.#cost.money(),
    };
  }
}

export class PartTally {
  readonly fromMs: number;
  readonly #total = new Samples();
  #requests = 0;
  #remoteMicroUsd = 0;

  constructor(fromMs: number) {
    this.fromMs = fromMs;
  }

  add(row: RequestRow): void {
    this.#requests += 1;
    if (isCompleted(row)) this.#total.add(row.totalMs);
    if (!row.isLocal) this.#remoteMicroUsd += row.costMicroUsd ?? 0;
  }

  summary(): SummaryPart {
    return {
      fromMs: this.fromMs,
      requests: this.#requests,
      totalMs: this.#total.percentiles(),
      remoteMicroUsd: this.#remoteMicroUsd,
    };
  }
}

export class MoneyTally {
  #microUsd = 0;
  #requests = 0;
  #unknown = 0;

  add(microUsd: number | undefined): void {
    this.#requests += 1;
    if (microUsd === undefined) this.#unknown += 1;
    else this.#microUsd += microUsd;
  }

  money(): Money {
    return { microUsd: this.#microUsd, requests: this.#requests, unknown: this.#unknown };
  }
}

/** Purposes whose answers are suggestions; of a chat it is not known what was used. */
const SUGGESTING = ['completion', 'speculation', 'preRead', 'nextEdit'];

/** Follows the tokens of completions from the prompt to the accepted text. */
export class TokenTally {
  readonly #sums = {
    sent: 0,
    cached: 0,
    evaluated: 0,
    generated: 0,
    shown: 0,
    accepted: 0,
    uncounted: 0,
    estimated: 0,
  };

  add(row: RequestRow, fate: Fate): void {
    if (!SUGGESTING.includes(row.purpose) || row.outcome === 'refused') return;
    const { inputTokens, cachedInputTokens, outputTokens } = row;
    const sums = this.#sums;
    if (inputTokens === undefined && outputTokens === undefined) sums.uncounted += 1;
    if (row.isEstimated) sums.estimated += 1;
    sums.sent += inputTokens ?? 0;
    sums.cached += cachedInputTokens ?? 0;
    if (inputTokens !== undefined && cachedInputTokens !== undefined) sums.evaluated += inputTokens - cachedInputTokens;
    sums.generated += outputTokens ?? 0;
    if (!fate.isShown) return;
    sums.shown += outputTokens ?? 0;
    const ofChars = Math.max(fate.shownChars, fate.acceptedChars);
    if (ofChars > 0) sums.accepted += ((outputTokens ?? 0) * fate.acceptedChars) / ofChars;
  }

  funnel(): TokenFunnel {
    return { ...this.#sums, accepted: Math.round(this.#sums.accepted) };
  }
}
