import type { BackendError, Dialect, Sampling } from '../backends/backend.ts';
import type { EngineProblem } from '../routing/endpoint.ts';
import type { EmptyReason } from './outcome.ts';
import { type Place, typedBetween } from './place.ts';
import type { Shape } from './shape.ts';

export type FlightEnd =
  | { readonly kind: 'answered' }
  | { readonly kind: 'empty'; readonly why: EmptyReason }
  | { readonly kind: 'failed'; readonly problem: EngineProblem; readonly error: BackendError | undefined }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'cancelled' };

export interface FlightStart {
  readonly place: Place;
  readonly shape: Shape;
  /** preRead: nobody waits for the answer; the server is to have read the prompt when somebody asks. */
  readonly purpose: 'completion' | 'speculation' | 'preRead';
  readonly sampling: Sampling;
  readonly modelKey: string;
  readonly dialect: Dialect;
  readonly startedMs: number;
  /** The lines to ask for before the user has agreed with any. */
  readonly firstLines: number;
}

/** What is left of an answer at some place, and how much of it stands in the document already. */
export interface Ahead {
  readonly text: string;
  readonly agreedChars: number;
}

/** How many lines are kept ready ahead of a user who agrees with what was said. */
const LINES_AHEAD = 3;

/**
 * One request on its way, and what it has said so far. It belongs to the place it was made for, not to the keystroke that
 * waits for it: each later keystroke looks whether it still fits, and either waits along or has it stopped.
 */
export class Flight {
  readonly start: FlightStart;
  readonly #abort = new AbortController();
  readonly #waiting = new Set<() => void>();
  requestId = '';
  /** Trimmed, the line that is still being written included: enough to see whether it agrees with what is typed. */
  said = '';
  /** Trimmed, whole lines only until the end: what may be shown and remembered. */
  usable = '';
  /** How sure the model was of the first line, as far as it has come. */
  meanLogprob: number | undefined;
  /** Somebody was shown the beginning. */
  wasDelivered = false;
  end: FlightEnd | undefined;
  /** Lines after which the answer is to end; grows as the user comes to agree with it. */
  wantedLines: number;
  #tellUnwanted = () => {};
  /** Resolves when nobody wants more of it. */
  readonly unwanted = new Promise<void>(resolve => {
    this.#tellUnwanted = resolve;
  });

  constructor(start: FlightStart) {
    this.start = start;
    this.wantedLines = Math.min(start.shape.maxLines, start.firstLines);
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** The likeliest answer to a wish; one more way to go on, or a prompt read ahead, is nothing for a keystroke to wait for. */
  get isJoinable(): boolean {
    return this.start.purpose !== 'preRead' && this.start.sampling.temperature === 0;
  }

  /**
   * What it has said beyond `place` and may be shown, '' while that is nothing yet; undefined when it was made for another
   * place, or says something else than what was typed since.
   */
  ahead(place: Place, modelKey: string): Ahead | undefined {
    if (modelKey !== this.start.modelKey || !this.isJoinable) return undefined;
    const typed = typedBetween(this.start.place, place);
    if (typed === undefined) return undefined;
    const agreedChars = typed.length;
    if (this.usable.startsWith(typed)) return { text: this.usable.slice(typed.length), agreedChars };
    if (this.said.startsWith(typed)) return { text: '', agreedChars };
    return !this.end && typed.startsWith(this.said) ? { text: '', agreedChars } : undefined;
  }

  /** The user has typed or taken some of it, so more of it is likely to be wanted. */
  agree(place: Place): void {
    const typed = typedBetween(this.start.place, place);
    if (!typed || !this.said.startsWith(typed)) return;
    const lines = typed.split('\n').length;
    this.wantedLines = Math.max(this.wantedLines, Math.min(this.start.shape.maxLines, lines + LINES_AHEAD));
  }

  /** Whether typing can still lead from `place` to what this says: it stands there, or was made for a place further on. */
  fits(place: Place, modelKey: string): boolean {
    if (this.start.purpose === 'preRead') return place.uri === this.start.place.uri;
    return this.ahead(place, modelKey) !== undefined || typedBetween(place, this.start.place) !== undefined;
  }

  /** Closes the connection: at once, or by reading no further where somebody saw the answer, which is then not cancelled. */
  stop(): void {
    this.#tellUnwanted();
    if (!this.wasDelivered) this.#abort.abort();
    this.notify();
  }

  /** It has landed. A reader who left early may have a connection that still waits for the server's next word. */
  close(): void {
    this.#abort.abort();
  }

  notify(): void {
    for (const wake of [...this.#waiting]) wake();
  }

  /** Resolves with the next change, or when the signal aborts. */
  changed(signal: AbortSignal): Promise<void> {
    return new Promise(resolve => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal.removeEventListener('abort', wake);
        resolve();
      };
      if (signal.aborted) return resolve();
      this.#waiting.add(wake);
      signal.addEventListener('abort', wake, { once: true });
    });
  }
}
