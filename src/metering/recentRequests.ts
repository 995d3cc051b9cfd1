import type { Disposable } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import type { AcceptanceRecord, Meter, RequestRecord } from './requestRecord.ts';

/** How many requests the views can look back on without the ledger. */
export const RECENT_REQUESTS = 500;

/** One request, and what the user has done with its suggestions so far, in order. */
export interface RecentRequest {
  readonly record: RequestRecord;
  readonly acceptances: readonly AcceptanceRecord[];
}

/** The last requests of this window, in memory, for the status bar and the inspector. */
export class RecentRequests implements Meter, Disposable {
  readonly #limit: number;
  /** In the order in which they came: a Map keeps it, and finds a request by id for its acceptances. */
  readonly #byId = new Map<string, RecentRequest>();
  readonly #changed = new Emitter<RecentRequest>();

  /** Fires for each new request, and again when the user acts on one that is still here. */
  readonly onDidChange: Event<RecentRequest> = this.#changed.event;

  constructor(limit = RECENT_REQUESTS) {
    this.#limit = limit;
  }

  append(record: RequestRecord): void {
    this.#set({ record, acceptances: [] });
    const oldest = this.#byId.size > this.#limit ? this.#byId.keys().next() : undefined;
    if (oldest && !oldest.done) this.#byId.delete(oldest.value);
  }

  appendAcceptance(acceptance: AcceptanceRecord): void {
    const request = this.#byId.get(acceptance.requestId);
    if (request) this.#set({ ...request, acceptances: [...request.acceptances, acceptance] });
  }

  /** Oldest first. */
  all(): readonly RecentRequest[] {
    return [...this.#byId.values()];
  }

  find(requestId: string): RecentRequest | undefined {
    return this.#byId.get(requestId);
  }

  clear(): void {
    this.#byId.clear();
  }

  dispose(): void {
    this.#changed.dispose();
  }

  #set(request: RecentRequest): void {
    this.#byId.set(request.record.id, request);
    this.#changed.fire(request);
  }
}

/** One meter that passes everything on, in order. */
export function meterTo(...meters: readonly Meter[]): Meter {
  return {
    append: record => {
      for (const meter of meters) meter.append(record);
    },
    appendAcceptance: record => {
      for (const meter of meters) meter.appendAcceptance(record);
    },
  };
}
