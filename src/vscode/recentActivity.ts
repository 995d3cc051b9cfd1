import type { Disposable } from '../base/disposable.ts';
import { Emitter } from '../base/emitter.ts';
import type { CompletionOutcome } from '../completion/outcome.ts';
import type { AcceptanceRecord, Meter, RequestRecord } from '../metering/requestRecord.ts';
import type { RememberedOutcome } from './outcomeSentences.ts';

/** What came of one trigger, as the status bar and "Why No Suggestion?" remember it: times and counts, no text. */
export interface TriggerEvent {
  readonly atMs: number;
  /** From the editor's call to the answer handed back; the editor's own 50 ms before and its painting are not in it. */
  readonly tookMs: number;
  /** Zero-based. */
  readonly line: number;
  readonly languageId: string;
  readonly outcome: RememberedOutcome;
}

const MAX_TRIGGERS = 200;
const MAX_REQUESTS = 200;
const MAX_ACCEPTANCES = 200;

/** The last few hundred of everything in this window. A meter among others: it never blocks and never throws. */
export class RecentActivity implements Meter, Disposable {
  readonly #triggers: TriggerEvent[] = [];
  readonly #requests: RequestRecord[] = [];
  readonly #acceptances: AcceptanceRecord[] = [];
  readonly #changed = new Emitter<void>();

  readonly onDidChange = this.#changed.event;

  /** Oldest first. */
  get triggers(): readonly TriggerEvent[] {
    return this.#triggers;
  }

  get requests(): readonly RequestRecord[] {
    return this.#requests;
  }

  get acceptances(): readonly AcceptanceRecord[] {
    return this.#acceptances;
  }

  noteTrigger(event: TriggerEvent): void {
    this.#keep(this.#triggers, event, MAX_TRIGGERS);
  }

  append(record: RequestRecord): void {
    this.#keep(this.#requests, record, MAX_REQUESTS);
  }

  appendAcceptance(record: AcceptanceRecord): void {
    this.#keep(this.#acceptances, record, MAX_ACCEPTANCES);
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #keep<T>(list: T[], item: T, limit: number): void {
    list.push(item);
    if (list.length > limit) list.shift();
    this.#changed.fire();
  }
}

export function rememberOutcome(outcome: CompletionOutcome): RememberedOutcome {
  if (outcome.kind !== 'shown') return outcome;
  const { id, requestId, text } = outcome.suggestion;
  return { kind: 'shown', from: outcome.from, suggestionId: id, requestId, chars: text.length };
}
