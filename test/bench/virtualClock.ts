import type { Clock } from '../../src/base/clock.ts';
import { toDisposable } from '../../src/base/disposable.ts';

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly call: () => void;
}

/**
 * Time that jumps from one timer to the next, so that minutes of typing replay in a second and always alike. Between two
 * timers everything that waits for promises alone runs to its end; work on real sockets or files must be done before.
 */
export class VirtualClock implements Clock {
  #nowMs = 0;
  #order = 0;
  readonly #timers = new Set<Timer>();

  nowMs(): number {
    return 1_700_000_000_000 + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  after(delayMs: number, call: () => void) {
    const timer = { atMs: this.#nowMs + Math.max(0, delayMs), order: this.#order++, call };
    this.#timers.add(timer);
    return toDisposable(() => this.#timers.delete(timer));
  }

  /** Runs time until the job has ended. Throws when nothing is left that could end it. */
  async run<T>(job: Promise<T>): Promise<T> {
    let ended = false;
    const watched = job.finally(() => {
      ended = true;
    });
    watched.catch(() => {});
    for (;;) {
      await new Promise(resolve => setImmediate(resolve));
      if (ended) return watched;
      const due = this.#earliest();
      if (!due) throw new Error('the replay waits for something that no timer will bring');
      this.#timers.delete(due);
      this.#nowMs = Math.max(this.#nowMs, due.atMs);
      due.call();
    }
  }

  #earliest(): Timer | undefined {
    let best: Timer | undefined;
    for (const timer of this.#timers) {
      if (!best || timer.atMs < best.atMs || (timer.atMs === best.atMs && timer.order < best.order)) best = timer;
    }
    return best;
  }
}

/** Resolves after the delay, whatever else happens. */
export function wait(clock: Clock, delayMs: number): Promise<void> {
  return new Promise(resolve => {
    clock.after(Math.max(0, delayMs), resolve);
  });
}
