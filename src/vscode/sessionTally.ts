import type { RecentOutcome } from '../completion/completionEngine.ts';
import type { AcceptanceRecord } from '../metering/requestRecord.ts';
import type { SessionFigures } from './hoverCard.ts';

/** Of so many suggestions of late the times are kept. */
const MAX_TIMES = 500;
/** The usual one of the last few decides whether suggestions are slow, so that one bad moment does not. */
const RECENT_TIMES = 7;
/** Later than this a person has typed on or looked away (docs/states.md). */
const SLOW_MS = 2000;

/** Counts what came of the suggestions of this window. A suggestion that is typed along stays one suggestion. */
export class SessionTally {
  readonly #timesMs: number[] = [];
  #lastRequestId: string | undefined;
  #shown = 0;
  #accepted = 0;
  #savedChars = 0;

  noteOutcome({ outcome, durationMs }: RecentOutcome): void {
    if (outcome.kind !== 'shown') return;
    if (outcome.suggestion.requestId === this.#lastRequestId) return;
    this.#lastRequestId = outcome.suggestion.requestId;
    this.#shown++;
    this.#timesMs.push(durationMs);
    if (this.#timesMs.length > MAX_TIMES) this.#timesMs.shift();
  }

  noteAcceptance({ action, acceptedChars }: AcceptanceRecord): void {
    if (action !== 'accepted' && action !== 'acceptedPartly') return;
    this.#savedChars += acceptedChars;
    if (action === 'accepted') this.#accepted++;
  }

  get isSlow(): boolean {
    const recent = this.#timesMs.slice(-RECENT_TIMES);
    return recent.length === RECENT_TIMES && (percentile(recent, 0.5) ?? 0) > SLOW_MS;
  }

  figures(): SessionFigures {
    return {
      shown: this.#shown,
      accepted: this.#accepted,
      savedChars: this.#savedChars,
      p50Ms: percentile(this.#timesMs, 0.5),
      p95Ms: percentile(this.#timesMs, 0.95),
    };
  }
}

/** The nearest rank: a time that was really measured, never one between two. */
export function percentile(values: readonly number[], fraction: number): number | undefined {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(sorted.length * fraction) - 1)];
}
