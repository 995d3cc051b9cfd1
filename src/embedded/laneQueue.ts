import { type Disposable, toDisposable } from '../base/disposable.ts';

/** Requests that may wait for one sequence. The extension sends one at a time; more is somebody else's doing. */
const WAITING_MAX = 8;

/** One request at a time in the order in which they came. */
export class LaneQueue {
  #busy = false;
  readonly #waiting: (() => void)[] = [];

  get isBusy(): boolean {
    return this.#busy;
  }

  /** The turn, which ends when disposed; or why there is none. */
  async enter(signal: AbortSignal): Promise<Disposable | 'full' | 'aborted'> {
    if (signal.aborted) return 'aborted';
    if (this.#busy) {
      if (this.#waiting.length >= WAITING_MAX) return 'full';
      if (!(await this.#wait(signal))) return 'aborted';
    }
    this.#busy = true;
    return toDisposable(() => this.#leave());
  }

  /** True when the turn was handed over, which the one before did without letting go of it. */
  #wait(signal: AbortSignal): Promise<boolean> {
    return new Promise(resolve => {
      const onTurn = () => {
        signal.removeEventListener('abort', onAbort);
        resolve(true);
      };
      const onAbort = () => {
        this.#waiting.splice(this.#waiting.indexOf(onTurn), 1);
        resolve(false);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.#waiting.push(onTurn);
    });
  }

  #leave(): void {
    const next = this.#waiting.shift();
    if (next) next();
    else this.#busy = false;
  }
}
