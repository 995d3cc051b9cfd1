import { type Clock, sleep } from '../base/clock.ts';
import type { Flight } from './flight.ts';
import type { Place } from './place.ts';

/** However long an abandoned prompt may still be read by a server that cannot be stopped, nobody waits longer. */
const MAX_HOLD_MS = 2000;

/**
 * One request in flight, one waiting, the latest wins: more would queue up in the server, where they cannot be taken back.
 */
export class Scheduler {
  readonly #clock: Clock;
  #flight: Flight | undefined;
  #landed: Promise<void> = Promise.resolve();
  #lastTicket = 0;
  #slotFreeAtMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get flight(): Flight | undefined {
    return this.#flight;
  }

  /** Ends a request that what stands in the document now has contradicted. */
  abandonUnlessFits(place: Place, modelKey: string): void {
    if (this.#flight && !this.#flight.fits(place, modelKey)) this.stop();
    else this.#flight?.agree(place);
  }

  stop(): void {
    this.#flight?.stop();
  }

  /**
   * Ends what runs and resolves true when the slot is this caller's; false when a later one came, or the signal aborted.
   * The caller must call `run` in the same turn.
   */
  async takeSlot(signal: AbortSignal): Promise<boolean> {
    const ticket = ++this.#lastTicket;
    this.stop();
    await Promise.race([this.#landed, whenAborted(signal)]);
    const holdMs = Math.min(MAX_HOLD_MS, this.#slotFreeAtMs - this.#clock.monotonicMs());
    if (holdMs > 0 && !(await sleep(this.#clock, holdMs, signal))) return false;
    return ticket === this.#lastTicket && !signal.aborted && !this.#flight;
  }

  run(flight: Flight, job: () => Promise<void>): void {
    this.#flight = flight;
    this.#landed = job().finally(() => {
      if (this.#flight === flight) this.#flight = undefined;
    });
  }

  /** A server that reads an abandoned prompt to its end has no room for another before that. */
  holdSlotUntil(atMs: number): void {
    this.#slotFreeAtMs = Math.max(this.#slotFreeAtMs, atMs);
  }
}

function whenAborted(signal: AbortSignal): Promise<void> {
  return new Promise(resolve => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
}
