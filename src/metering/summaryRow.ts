import type { RequestOutcome } from './requestRecord.ts';

/** One request as the summary reads it. */
export interface RequestRow {
  readonly id: string;
  readonly startedAtMs: number;
  readonly purpose: string;
  readonly model: string;
  readonly quantization: string | undefined;
  readonly isLocal: boolean;
  readonly locality: string;
  readonly languageId: string | undefined;
  readonly outcome: RequestOutcome['kind'];
  /** In the order of the phases: debounce, context, queue, connect, first token, generate, trim. */
  readonly spansMs: readonly (number | null)[];
  readonly totalMs: number;
  readonly inputTokens: number | undefined;
  readonly cachedInputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly isEstimated: boolean;
  readonly costMicroUsd: number | undefined;
  readonly energyJoules: number | undefined;
  /** Millionths of a US dollar for a kilowatt-hour. */
  readonly energyPrice: number;
}

/** What the user did with the suggestion of one request, all of it together. */
export interface Fate {
  readonly isShown: boolean;
  readonly isAccepted: boolean;
  readonly acceptedChars: number;
  readonly shownChars: number;
}

export const UNSEEN: Fate = { isShown: false, isAccepted: false, acceptedChars: 0, shownChars: 0 };

/** Only what came to an end says how long things take. */
export function isCompleted({ outcome }: RequestRow): boolean {
  return outcome === 'answered' || outcome === 'empty';
}
