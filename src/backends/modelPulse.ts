import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';

/** How long silence is allowed before it is looked into. */
const BASE_ALLOWANCE_MS = 5_000;
/** Against the slowest of the recent answers, per unit of work. */
const PATIENCE = 4;
/** Before the first answer nothing is known about the speed of this machine. */
const UNMEASURED_ALLOWANCE_MS = 60_000;
/** A model that may have to be loaded first; interrupting a load would only start it over. */
const LOADING_ALLOWANCE_MS = 5 * 60_000;
const ANSWERS_REMEMBERED = 16;
/** After a cure that brought no answer, the next one waits. */
const CURE_PAUSE_MS = 5 * 60_000;

/** One request that was sent and may still be waiting for its first byte. */
export interface Waiting extends Disposable {
  /** Something of the answer came. */
  heard(): void;
  /** Whether it was given up because the model had been silent for too long. */
  readonly isGivenUp: boolean;
}

/**
 * Whether one model still answers, over all requests to it: typing gives up most of them long before any single one could
 * run into a limit, and a model that hangs is seen only in the sum. What silence is allowed follows from how fast the model
 * was and how much it was given to do, because a slow machine must not be taken for a hanging one.
 */
export class ModelPulse {
  readonly #clock: Clock;
  readonly #keepAliveMs: () => number;
  readonly #waiting = new Map<Waiting, { work: number; sentAtMs: number }>();
  readonly #msPerWork: number[] = [];
  #silentSinceMs: number | undefined;
  #silentWork = 0;
  #residentUntilMs = Number.NEGATIVE_INFINITY;
  #curedAtMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, keepAliveMs: () => number) {
    this.#clock = clock;
    this.#keepAliveMs = keepAliveMs;
  }

  get mayBeCured(): boolean {
    return this.#clock.monotonicMs() - this.#curedAtMs >= CURE_PAUSE_MS;
  }

  /** `work` is in characters of prompt; a generated token counts as many. `giveUp` is called when silence lasts too long. */
  begin(work: number, giveUp: () => void): Waiting {
    const nowMs = this.#clock.monotonicMs();
    this.#silentSinceMs ??= nowMs;
    this.#silentWork += work;
    let isGivenUp = false;
    let timer: Disposable | undefined;
    const arm = () => {
      timer = this.#clock.after(Math.max(1, this.#overdueInMs()), () => {
        if (this.#overdueInMs() > 0) return arm();
        isGivenUp = true;
        giveUp();
      });
    };
    const waiting: Waiting = {
      heard: () => {
        timer?.dispose();
        this.#heard(waiting);
      },
      get isGivenUp() {
        return isGivenUp;
      },
      dispose: () => {
        timer?.dispose();
        this.#waiting.delete(waiting);
      },
    };
    this.#waiting.set(waiting, { work, sentAtMs: nowMs });
    arm();
    return waiting;
  }

  noteResident(): void {
    this.#residentUntilMs = this.#clock.monotonicMs() + this.#keepAliveMs();
  }

  /** The model was put out of memory: what was silent until now is over. */
  noteCured(): void {
    this.#curedAtMs = this.#clock.monotonicMs();
    this.#residentUntilMs = Number.NEGATIVE_INFINITY;
    this.#startAnew();
  }

  #heard(waiting: Waiting): void {
    const sent = this.#waiting.get(waiting);
    if (sent) {
      this.#waiting.delete(waiting);
      this.#msPerWork.push((this.#clock.monotonicMs() - sent.sentAtMs) / Math.max(1, sent.work));
      if (this.#msPerWork.length > ANSWERS_REMEMBERED) this.#msPerWork.shift();
    }
    this.#curedAtMs = Number.NEGATIVE_INFINITY;
    this.noteResident();
    this.#startAnew();
  }

  /** From now on only those count that still wait. */
  #startAnew(): void {
    this.#silentSinceMs = this.#waiting.size > 0 ? this.#clock.monotonicMs() : undefined;
    this.#silentWork = [...this.#waiting.values()].reduce((sum, { work }) => sum + work, 0);
  }

  #overdueInMs(): number {
    if (this.#silentSinceMs === undefined) return Number.POSITIVE_INFINITY;
    return this.#silentSinceMs + this.#allowanceMs() - this.#clock.monotonicMs();
  }

  #allowanceMs(): number {
    if (this.#residentUntilMs < this.#clock.monotonicMs()) return LOADING_ALLOWANCE_MS;
    if (this.#msPerWork.length === 0) return UNMEASURED_ALLOWANCE_MS;
    const expectedMs = Math.max(...this.#msPerWork) * this.#silentWork;
    return Math.min(BASE_ALLOWANCE_MS + PATIENCE * expectedMs, LOADING_ALLOWANCE_MS);
  }
}
