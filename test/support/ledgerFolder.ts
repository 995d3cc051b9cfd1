import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import type { Clock } from '../../src/base/clock.ts';
import { type Logger, silentLogger } from '../../src/base/logger.ts';
import { Ledger } from '../../src/metering/ledger.ts';
import { LEDGER_FILE } from '../../src/metering/ledgerFile.ts';
import { FakeClock } from './fakeClock.ts';

export const LEDGER_WORKER = new URL('../../src/metering/ledgerWorker.ts', import.meta.url);

/**
 * A folder of its own for one test, and ledgers in it. The clock stands near the time of test/support/records.ts: rows of
 * 1970 would be pruned today. `dispose` ends the ledgers and removes the folder.
 */
export function ledgerFolder() {
  const folder = mkdtempSync(join(tmpdir(), 'minnow-ledger-'));
  const ledgers: Ledger[] = [];
  return {
    folder,
    file: join(folder, LEDGER_FILE),
    open(options: { clock?: Clock; worker?: URL | string; folder?: string; logger?: Logger } = {}): Ledger {
      const ledger = new Ledger({
        folder,
        worker: LEDGER_WORKER,
        clock: new FakeClock(2_000),
        logger: silentLogger,
        ...options,
      });
      ledgers.push(ledger);
      return ledger;
    },
    /** What someone else sees who opens the file: rows as plain objects. */
    read(sql: string): Record<string, unknown>[] {
      const database = new DatabaseSync(join(folder, LEDGER_FILE), { readOnly: true });
      try {
        return database
          .prepare(sql)
          .all()
          .map(row => ({ ...row }));
      } finally {
        database.close();
      }
    },
    async dispose() {
      await Promise.all(ledgers.map(ledger => ledger.close()));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
