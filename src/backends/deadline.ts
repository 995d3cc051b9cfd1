import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';

export type Limit = 'connect' | 'firstByte' | 'betweenEvents';

/** One running time limit of an exchange. It stands still while the reader is busy with what it already has. */
export class Deadline implements Disposable {
  readonly #clock: Clock;
  readonly #onExpired: (limit: Limit, limitMs: number) => void;
  #timer: Disposable | undefined;
  #limit: Limit = 'connect';
  #limitMs = 0;
  #remainingMs = 0;
  #startedMs = 0;

  constructor(clock: Clock, onExpired: (limit: Limit, limitMs: number) => void) {
    this.#clock = clock;
    this.#onExpired = onExpired;
  }

  arm(limit: Limit, limitMs: number): void {
    this.#limit = limit;
    this.#limitMs = limitMs;
    this.#remainingMs = limitMs;
    this.resume();
  }

  pause(): void {
    if (!this.#timer) return;
    this.#remainingMs -= this.#clock.monotonicMs() - this.#startedMs;
    this.dispose();
  }

  resume(): void {
    this.dispose();
    this.#startedMs = this.#clock.monotonicMs();
    this.#timer = this.#clock.after(Math.max(0, this.#remainingMs), () => this.#onExpired(this.#limit, this.#limitMs));
  }

  dispose(): void {
    this.#timer?.dispose();
    this.#timer = undefined;
  }
}
