import type { BackendError, Dialect, FinishReason, ServerTimings, Usage } from '../backends/backend.ts';
import type { Locality } from '../backends/permit.ts';

/** Why a request was made. warmUp and preRead carry no wish for text; speculation is for a state the user may reach. */
export type Purpose =
  | 'completion'
  | 'speculation'
  | 'preRead'
  | 'chat'
  | 'edit'
  | 'commitMessage'
  | 'benchmark'
  | 'languageModel';

export type Rung = 'edge' | 'workhorse' | 'foundation';

/** The phases of a request, in order; each is the time since the one before. Absent: the phase did not take place. */
export interface Spans {
  readonly debounceMs?: number;
  readonly contextMs?: number;
  readonly queueMs?: number;
  readonly connectMs?: number;
  /** From the request on the wire to its first token. */
  readonly firstTokenMs?: number;
  readonly generateMs?: number;
  readonly trimMs?: number;
  readonly totalMs: number;
}

export type SpanName = Exclude<keyof Spans, 'totalMs'>;

/** One attempt at one model. Appended exactly once, whatever happened (invariant 4). Holds no text (invariant 8). */
export interface RequestRecord {
  readonly id: string;
  readonly startedAtMs: number;
  readonly purpose: Purpose;
  readonly rung: Rung;
  /** 1 for the first try of a wish; each further one counts up. */
  readonly attempt: number;
  /** The id of the record that this attempt replaces, and why that one did not answer. */
  readonly fallbackFrom?: string;
  readonly fallbackReason?: string;
  readonly endpoint: string;
  readonly dialect: Dialect;
  readonly model: string;
  readonly quantization: string | undefined;
  readonly locality: Locality;
  readonly languageId: string | undefined;
  readonly spans: Spans;
  readonly usage: Usage;
  readonly finishReason?: FinishReason | undefined;
  /** What the server measured itself; it lies within the spans above, and is never added to them. */
  readonly serverTimings?: ServerTimings | undefined;
  /** Prompt tokens that the planner expected the server to have in its cache already. */
  readonly plannedReuseTokens: number | undefined;
  readonly costMicroUsd: number | undefined;
  readonly costSource: CostSource;
  readonly priceAsOf: string | undefined;
  readonly energy?: EnergyEstimate | undefined;
  readonly outcome: RequestOutcome;
}

/** local: zero by statement. notSent: zero, because nothing left. unknown goes with an undefined cost. */
export type CostSource = 'local' | 'notSent' | 'provider' | 'list' | 'userPrice' | 'unknown';

/** From the watts and the price that the user set; an estimate, and never added to money (invariant 10). */
export interface EnergyEstimate {
  readonly joules: number;
  readonly priceMicroUsdPerKwh: number;
}

export type RequestOutcome =
  | { readonly kind: 'answered' }
  /** The model ended without usable text, or trims left none. */
  | { readonly kind: 'empty'; readonly why: string }
  | { readonly kind: 'cancelled'; readonly at: 'queue' | 'connect' | 'firstToken' | 'generate' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'failed'; readonly error: BackendError };

/** The outcome's reason from closed lists: never an error's own words, which a server may have written. */
export function reasonOf(outcome: RequestOutcome): string | undefined {
  switch (outcome.kind) {
    case 'answered':
      return undefined;
    case 'empty':
    case 'refused':
      return outcome.why;
    case 'cancelled':
      return outcome.at;
    case 'failed':
      return outcome.error.kind === 'timeout' ? `timeout:${outcome.error.limit}` : outcome.error.kind;
  }
}

/** What the user did with a suggestion, later; joined to the request by its id. */
export interface AcceptanceRecord {
  readonly requestId: string;
  readonly suggestionId: string;
  readonly atMs: number;
  readonly action: 'accepted' | 'acceptedPartly' | 'dismissed' | 'typedOver' | 'unseen';
  readonly acceptedChars: number;
  readonly shownChars: number;
  readonly languageId: string | undefined;
}

/** Where records go. Never blocks and never throws: the ledger writes in batches, off the hot path. */
export interface Meter {
  append(record: RequestRecord): void;
  appendAcceptance(record: AcceptanceRecord): void;
}
