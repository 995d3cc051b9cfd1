import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { ACCEPTANCE_COLUMNS, insertStatement, REQUEST_COLUMNS } from './ledgerSchema.ts';
import type { AcceptanceRecord, RequestRecord } from './requestRecord.ts';

export interface LedgerBatch {
  readonly requests: readonly RequestRecord[];
  readonly acceptances: readonly AcceptanceRecord[];
}

/** How long and how much the ledger keeps. The oldest rows go first. */
export interface LedgerBounds {
  readonly keepDays: number;
  readonly maxBytes: number;
}

export const LEDGER_BOUNDS: LedgerBounds = { keepDays: 400, maxBytes: 128 * 1024 * 1024 };

/** For a ledger that could not have a file. */
export const MEMORY_BOUNDS: LedgerBounds = { keepDays: 400, maxBytes: 8 * 1024 * 1024 };

/** One transaction deletes no more than this, so that another window's write waits milliseconds. */
const PRUNE_ROWS = 2_000;

const DAY_MS = 24 * 60 * 60 * 1_000;

/** Reads and writes one open ledger. Synchronous, so it belongs into the worker (ledgerWorker.ts). */
export class LedgerStore {
  readonly #database: DatabaseSync;
  readonly #insertRequest: StatementSync;
  readonly #insertAcceptance: StatementSync;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#insertRequest = database.prepare(insertStatement('requests', REQUEST_COLUMNS));
    this.#insertAcceptance = database.prepare(insertStatement('acceptances', ACCEPTANCE_COLUMNS));
  }

  get database(): DatabaseSync {
    return this.#database;
  }

  /** When this returns, the batch is committed, all of it. */
  write(batch: LedgerBatch): void {
    this.#transaction(() => {
      for (const record of batch.requests) {
        this.#insertRequest.run(...REQUEST_COLUMNS.map(column => column.of(record)));
      }
      for (const record of batch.acceptances) {
        this.#insertAcceptance.run(...ACCEPTANCE_COLUMNS.map(column => column.of(record)));
      }
    });
  }

  /** Returns how many requests it removed. */
  prune(nowMs: number, bounds: LedgerBounds = LEDGER_BOUNDS): number {
    let removed = this.#pruneBefore(nowMs - bounds.keepDays * DAY_MS);
    for (let last = -1; last !== 0 && this.usedBytes() > bounds.maxBytes; removed += last) last = this.#pruneOldest();
    if (removed > 0) this.#database.exec('PRAGMA incremental_vacuum');
    return removed;
  }

  deleteAll(): void {
    // With secure_delete the old pages are overwritten, so that nothing is left in what the file system gives back.
    this.#database.exec('PRAGMA secure_delete = ON');
    this.#transaction(() => this.#database.exec('DELETE FROM requests; DELETE FROM acceptances'));
    this.#database.exec('PRAGMA incremental_vacuum; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA secure_delete = OFF');
  }

  usedBytes(): number {
    const value = (name: string) => Number(this.#database.prepare(`PRAGMA ${name}`).get()?.[name] ?? 0);
    return (value('page_count') - value('freelist_count')) * value('page_size');
  }

  close(): void {
    this.#database.close();
  }

  #pruneBefore(oldestMs: number): number {
    let removed = 0;
    for (let last = PRUNE_ROWS; last === PRUNE_ROWS; removed += last) {
      last = this.#deleteRequests('WHERE started_at_ms < ?', oldestMs);
    }
    return removed;
  }

  #pruneOldest(): number {
    return this.#deleteRequests('', undefined);
  }

  /** What the user did goes with the request that it belongs to. */
  #deleteRequests(where: string, parameter: number | undefined): number {
    const oldest = `SELECT id FROM requests ${where} ORDER BY started_at_ms LIMIT ${PRUNE_ROWS}`;
    const parameters = parameter === undefined ? [] : [parameter];
    return this.#transaction(() => {
      this.#database.prepare(`DELETE FROM acceptances WHERE request_id IN (${oldest})`).run(...parameters);
      return Number(this.#database.prepare(`DELETE FROM requests WHERE id IN (${oldest})`).run(...parameters).changes);
    });
  }

  #transaction<T>(work: () => T): T {
    this.#database.exec('BEGIN IMMEDIATE');
    try {
      const value = work();
      this.#database.exec('COMMIT');
      return value;
    } catch (error) {
      // Some errors have rolled back already; then there is nothing left to undo.
      if (this.#database.isTransaction) this.#database.exec('ROLLBACK');
      throw error;
    }
  }
}
