import type { CompletionOutcome } from '../completion/outcome.ts';
import type { AcceptanceRecord, RequestRecord } from '../metering/requestRecord.ts';
import type { EngineProblem } from '../routing/endpoint.ts';

/** What the extension hands to those who ask for its exports: counts, times and states, never text. */
export interface MinnowApi {
  /** Oldest first. */
  recentRequests(): readonly RequestRecord[];
  /** Newest first. */
  recentOutcomes(): readonly OutcomeSummary[];
  /** What the user did with suggestions, as far as that can be known; oldest request first. */
  recentAcceptances(): readonly AcceptanceRecord[];
  engineState(): EngineSummary;
  /** How long `activate` took. */
  readonly activationMs: number;
}

export interface OutcomeSummary {
  readonly atMs: number;
  readonly durationMs: number;
  readonly line: number;
  readonly kind: CompletionOutcome['kind'];
  /** The reason, or for a suggestion where it came from. */
  readonly why: string;
  /** Of the request that made the suggestion. */
  readonly requestId: string | undefined;
  readonly shownChars: number | undefined;
}

export interface EngineSummary {
  readonly problem: EngineProblem['kind'] | undefined;
  /** The sentence that people are shown. */
  readonly sentence: string | undefined;
  readonly model: string | undefined;
  readonly endpoint: string | undefined;
}
