import type { Clock } from '../base/clock.ts';
import type { SpanName, Spans } from './requestRecord.ts';

/**
 * Splits one request's time into named spans without gaps: each lap goes from the last mark to now, so that the spans add
 * up to the total. A span that is lapped twice adds up.
 */
export class Stopwatch {
  readonly #clock: Clock;
  readonly startedAtMs: number;
  readonly #startMs: number;
  #markMs: number;
  readonly #laps: { -readonly [K in SpanName]?: number } = {};

  constructor(clock: Clock) {
    this.#clock = clock;
    this.startedAtMs = clock.nowMs();
    this.#startMs = clock.monotonicMs();
    this.#markMs = this.#startMs;
  }

  /** Ends the span that ran since the last mark and gives it its name. */
  lap(name: SpanName): void {
    const nowMs = this.#clock.monotonicMs();
    this.#laps[name] = (this.#laps[name] ?? 0) + (nowMs - this.#markMs);
    this.#markMs = nowMs;
  }

  /** The spans up to the last lap, which is where their total ends too: no moment is counted that has no name. */
  spans(): Spans {
    return { ...this.#laps, totalMs: this.#markMs - this.#startMs };
  }
}
