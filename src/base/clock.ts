import { type Disposable, toDisposable } from './disposable.ts';

/** The only source of time, so that tests decide what time it is. Nothing else may call Date.now or setTimeout. */
export interface Clock {
  /** Milliseconds since 1970, for people and for the ledger. May jump. */
  nowMs(): number;
  /** Milliseconds since some fixed moment, with fractions. Never goes back: measure with this one. */
  monotonicMs(): number;
  /** Calls once after the delay, unless disposed before. Does not keep the process alive. */
  after(delayMs: number, call: () => void): Disposable;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, call) {
    const timer = setTimeout(call, delayMs);
    timer.unref?.();
    return toDisposable(() => clearTimeout(timer));
  },
};

/** Resolves true after the delay, or false as soon as the signal aborts. Never rejects. */
export function sleep(clock: Clock, delayMs: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return Promise.resolve(false);
  return new Promise(resolve => {
    const timer = clock.after(delayMs, () => {
      signal.removeEventListener('abort', onAbort);
      resolve(true);
    });
    const onAbort = () => {
      timer.dispose();
      resolve(false);
    };
    signal.addEventListener('abort', onAbort, { once: true });
  });
}
