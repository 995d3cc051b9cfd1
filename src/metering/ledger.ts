import { Worker } from 'node:worker_threads';
import type { Clock } from '../base/clock.ts';
import { DisposableSlot } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import type { Logger } from '../base/logger.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { LedgerAnswer, LedgerCallName, LedgerCalls, LedgerExport, LedgerPlace } from './ledgerCalls.ts';
import type { AcceptanceRecord, Meter, RequestRecord } from './requestRecord.ts';
import type { Summary, SummaryQuestion } from './summaryTypes.ts';

/** How long a record waits for others to be written with. */
export const FLUSH_DELAY_MS = 500;

/** How long to wait after a batch could not be written, because the disk is full, say. */
export const RETRY_DELAY_MS = 10_000;

/** Records that wait to be written, at most; beyond that the oldest are given up, and counted. */
export const MAX_WAITING = 5_000;

const MAX_BATCH = 500;

/** How many records may be written between two looks at the bounds of the file. */
const PRUNE_EVERY = 5_000;

export interface LedgerNeeds {
  /** The extension's global storage. */
  readonly folder: string;
  /** The program of the worker: ledgerWorker.ts itself in plain Node, its bundle in the product. */
  readonly worker: URL | string;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type LedgerState = { readonly kind: 'starting' } | LedgerPlace;

/** What went wrong, in the words of SQLite or of the operating system. */
export interface LedgerError {
  readonly detail: string;
}

/**
 * One row per attempt and per user action, in SQLite, for as long as LEDGER_BOUNDS say. Appending costs a push onto an array:
 * the rows are written by a thread of its own, in batches. A record counts as kept when a `flush` that began after it was
 * appended has resolved; what waits when the process is killed is lost. Where no file can be written, or the editor's Node
 * has no SQLite, the state says so and everything else goes on.
 */
export class Ledger implements Meter {
  readonly #needs: LedgerNeeds;
  readonly #stateChanged = new Emitter<LedgerState>();
  readonly #timer = new DisposableSlot();
  readonly #calls = new Map<number, (answer: Result<LedgerCalls[LedgerCallName]['gets'], LedgerError>) => void>();
  #worker: Worker | undefined;
  #opening: Promise<Result<LedgerPlace, LedgerError>> | undefined;
  #state: LedgerState = { kind: 'starting' };
  #waiting: (RequestRecord | AcceptanceRecord)[] = [];
  #writing: Promise<Result<void, LedgerError>> | undefined;
  #lastCallId = 0;
  #appended = 0;
  /** Written or given up. */
  #settled = 0;
  #givenUp = 0;
  #sincePrune = 0;
  /** Why nothing more can be written: the thread is gone, or this was closed. */
  #ended: string | undefined;

  readonly onDidChangeState: Event<LedgerState> = this.#stateChanged.event;

  constructor(needs: LedgerNeeds) {
    this.#needs = needs;
  }

  get state(): LedgerState {
    return this.#state;
  }

  /** Records that could not be kept since the start, because writing failed for too long. */
  get givenUp(): number {
    return this.#givenUp;
  }

  append(record: RequestRecord): void {
    this.#push(record);
  }

  appendAcceptance(record: AcceptanceRecord): void {
    this.#push(record);
  }

  /** Resolves when everything appended before the call is committed, or says why it is not. */
  async flush(): Promise<Result<void, LedgerError>> {
    const upTo = this.#appended;
    while (this.#settled < upTo) {
      if (this.#ended !== undefined) return failure({ detail: this.#ended });
      const written = await this.#write();
      if (!written.ok) return written;
    }
    return success(undefined);
  }

  /** Asks the worker something, after everything appended so far was written: a view shows the newest request too. */
  async ask<Name extends LedgerCallName>(
    name: Name,
    asks: LedgerCalls[Name]['asks'],
  ): Promise<Result<LedgerCalls[Name]['gets'], LedgerError>> {
    await this.flush();
    const opened = await this.#open();
    return opened.ok ? this.#call(name, asks) : opened;
  }

  summarize(question: SummaryQuestion): Promise<Result<Summary, LedgerError>> {
    return this.ask('summarize', question);
  }

  exportTo(where: LedgerExport): Promise<Result<readonly string[], LedgerError>> {
    return this.ask('exportTo', where);
  }

  deleteAll(): Promise<Result<undefined, LedgerError>> {
    return this.ask('deleteAll', {});
  }

  /** Writes what waits and ends the thread. */
  async close(): Promise<void> {
    this.#timer.dispose();
    if (this.#appended > this.#settled) await this.flush();
    const worker = this.#worker;
    this.#end('closed');
    this.#stateChanged.dispose();
    await worker?.terminate();
  }

  #push(record: RequestRecord | AcceptanceRecord): void {
    if (this.#ended !== undefined) return;
    this.#appended += 1;
    this.#waiting.push(record);
    if (this.#waiting.length > MAX_WAITING) {
      this.#waiting.shift();
      this.#settled += 1;
      this.#givenUp += 1;
    }
    if (!this.#timer.value && !this.#writing) this.#writeAfter(FLUSH_DELAY_MS);
  }

  #writeAfter(delayMs: number): void {
    this.#timer.value = this.#needs.clock.after(delayMs, () => void this.#write());
  }

  /** One batch at a time; whoever asks meanwhile waits for the one that runs. */
  #write(): Promise<Result<void, LedgerError>> {
    this.#timer.value = undefined;
    this.#writing ??= this.#writeBatch().then(result => {
      this.#writing = undefined;
      if (!result.ok) this.#needs.logger.warn(`ledger: could not write, trying again later: ${result.error.detail}`);
      if (this.#waiting.length > 0 && this.#ended === undefined)
        this.#writeAfter(result.ok ? FLUSH_DELAY_MS : RETRY_DELAY_MS);
      return result;
    });
    return this.#writing;
  }

  async #writeBatch(): Promise<Result<void, LedgerError>> {
    const batch = this.#waiting.splice(0, MAX_BATCH);
    const requests = batch.filter(record => 'spans' in record);
    const acceptances = batch.filter(record => 'action' in record);
    const opened = await this.#open();
    const written = opened.ok ? await this.#call('write', { requests, acceptances }) : opened;
    if (!written.ok && this.#ended !== undefined) {
      this.#givenUp += batch.length;
      return written;
    }
    if (!written.ok) {
      // Nothing of a batch that failed is in the file, so it goes back to where it was.
      this.#waiting = [...batch, ...this.#waiting];
      return written;
    }
    this.#settled += batch.length;
    this.#sincePrune += batch.length;
    if (this.#sincePrune > PRUNE_EVERY) void this.#prune();
    return success(undefined);
  }

  async #prune(): Promise<void> {
    this.#sincePrune = 0;
    const pruned = await this.#call('prune', { nowMs: this.#needs.clock.nowMs() });
    if (!pruned.ok) this.#needs.logger.warn(`ledger: could not remove old rows: ${pruned.error.detail}`);
  }

  /** The thread starts with the first record, not with the extension. */
  #open(): Promise<Result<LedgerPlace, LedgerError>> {
    this.#opening ??= this.#start();
    return this.#opening;
  }

  async #start(): Promise<Result<LedgerPlace, LedgerError>> {
    const { folder, worker, clock } = this.#needs;
    try {
      this.#worker = new Worker(worker, { name: 'minnow ledger' });
    } catch (error) {
      this.#fail(String(error));
      return failure({ detail: String(error) });
    }
    this.#worker.unref();
    this.#worker.on('message', (answer: LedgerAnswer) => this.#hear(answer));
    this.#worker.on('error', error => this.#fail(String(error)));
    this.#worker.on('exit', () => this.#fail('the ledger thread ended'));
    const opened = await this.#call('open', { folder, nowMs: clock.nowMs() });
    if (!opened.ok) return opened;
    this.#setPlace(opened.value);
    void this.#prune();
    return opened;
  }

  #setPlace(place: LedgerPlace): void {
    this.#state = place;
    if (place.kind === 'memoryOnly') this.#needs.logger.warn(`ledger: kept in memory only: ${place.reason}`);
    else if (place.setAside) this.#needs.logger.warn(`ledger: a damaged file was moved to ${place.setAside}`);
    this.#stateChanged.fire(place);
  }

  /** There is no thread, or none any more: the other meters go on, and the state says why this one does not. */
  #fail(reason: string): void {
    if (this.#ended !== undefined) return;
    this.#end(reason);
    this.#setPlace({ kind: 'memoryOnly', reason });
  }

  #end(reason: string): void {
    this.#ended = reason;
    this.#worker = undefined;
    this.#timer.dispose();
    this.#givenUp += this.#waiting.length;
    this.#waiting = [];
    for (const settle of this.#calls.values()) settle(failure({ detail: reason }));
    this.#calls.clear();
  }

  #call<Name extends LedgerCallName>(
    name: Name,
    asks: LedgerCalls[Name]['asks'],
  ): Promise<Result<LedgerCalls[Name]['gets'], LedgerError>> {
    const worker = this.#worker;
    if (!worker) return Promise.resolve(failure({ detail: this.#ended ?? 'the ledger thread has not started' }));
    const callId = ++this.#lastCallId;
    return new Promise(resolve => {
      this.#calls.set(callId, answer => resolve(answer as Result<LedgerCalls[Name]['gets'], LedgerError>));
      // While a call is out the thread keeps the process alive, or a script would end before its answer.
      worker.ref();
      worker.postMessage({ callId, name, asks });
    });
  }

  #hear(answer: LedgerAnswer): void {
    if (answer.callId === undefined) {
      this.#setPlace(answer.place);
      return;
    }
    this.#calls.get(answer.callId)?.(answer.ok ? success(answer.value) : failure({ detail: answer.detail }));
    this.#calls.delete(answer.callId);
    if (this.#calls.size === 0) this.#worker?.unref();
  }
}
