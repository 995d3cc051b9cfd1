import { mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { migrate } from './ledgerSchema.ts';

export const LEDGER_FILE = 'ledger.sqlite';

/** How long one window waits while another one writes. */
const BUSY_TIMEOUT_MS = 5_000;

/** Turning a new file into a write-ahead one does not wait as other statements do; of windows that start at once, some must. */
const OPEN_ATTEMPTS = 40;
const OPEN_RETRY_MS = 50;

/** Set aside for someone who wants to look into them; older ones go. */
const MAX_DAMAGED_FILES = 3;

export interface OpenLedger {
  readonly database: DatabaseSync;
  readonly file: string;
  /** Where a damaged file that stood in the way was moved to. */
  readonly setAside: string | undefined;
  /** Tells this file from another that takes its name later. */
  readonly identity: string;
}

/** Throws where the folder cannot be written; a damaged file is no reason to, it is moved out of the way. */
export function openLedger(folder: string, nowMs: number): OpenLedger {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, LEDGER_FILE);
  const before = identityOf(file);
  try {
    return { database: openWhenFree(file), file, setAside: undefined, identity: identityOf(file) ?? '' };
  } catch (error) {
    if (!isDamage(error)) throw error;
    const setAside = setAsideDamaged(file, before, nowMs);
    return { database: openWhenFree(file), file, setAside, identity: identityOf(file) ?? '' };
  }
}

function openWhenFree(file: string): DatabaseSync {
  for (let attempt = 1; ; attempt++) {
    try {
      return openDatabase(file);
    } catch (error) {
      if (sqliteCodeOf(error) !== SQLITE_BUSY || attempt === OPEN_ATTEMPTS) throw error;
      // This thread has nothing else to do, so it may sleep.
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, OPEN_RETRY_MS);
    }
  }
}

/** The same tables without a file, for where none can be had. */
export function openInMemory(): DatabaseSync {
  const database = new DatabaseSync(':memory:');
  migrate(database);
  return database;
}

/**
 * Write-ahead log: readers and the writer of several windows do not wait for each other, and what was committed survives
 * the death of the process. NORMAL: after a power cut the last commits may be gone, the file is whole all the same
 * (https://sqlite.org/pragma.html#pragma_synchronous).
 */
function openDatabase(file: string): DatabaseSync {
  const database = new DatabaseSync(file, { timeout: BUSY_TIMEOUT_MS });
  try {
    database.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    database.exec('PRAGMA journal_size_limit = 4194304');
    const check = database.prepare('PRAGMA quick_check(1)').get();
    if (check?.quick_check !== 'ok') throw new DamagedFile();
    migrateOrReject(database);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** A file that has our name, but tables that are not ours, is of no more use than a damaged one. */
function migrateOrReject(database: DatabaseSync): void {
  try {
    migrate(database);
  } catch (error) {
    throw sqliteCodeOf(error) === SQLITE_ERROR ? new DamagedFile() : error;
  }
}

class DamagedFile extends Error {}

const SQLITE_ERROR = 1;
const SQLITE_BUSY = 5;
const SQLITE_CORRUPT = 11;
const SQLITE_NOTADB = 26;

export function isDamage(error: unknown): boolean {
  const code = sqliteCodeOf(error);
  return error instanceof DamagedFile || code === SQLITE_CORRUPT || code === SQLITE_NOTADB;
}

/** The primary result code, without the details in the higher bits (https://sqlite.org/rescode.html). */
function sqliteCodeOf(error: unknown): number | undefined {
  return error instanceof Error && 'errcode' in error ? Number(error.errcode) & 0xff : undefined;
}

/**
 * Two windows may find the damage at once: only the file that was seen to be damaged is moved, not the new one that the
 * other window has begun in its place.
 */
export function setAsideDamaged(file: string, seen: string | undefined, nowMs: number): string | undefined {
  if (identityOf(file) !== seen) return undefined;
  const stamp = new Date(nowMs).toISOString().replaceAll(':', '-').replace('.', '-');
  const target = file.replace(/\.sqlite$/, `-damaged-${stamp}.sqlite`);
  renameSync(file, target);
  for (const ending of ['-wal', '-shm']) moveIfThere(file + ending, target + ending);
  removeDamaged(file, MAX_DAMAGED_FILES);
  return target;
}

/** Removes set-aside files, except for the newest few. */
export function removeDamaged(file: string, keep: number): void {
  const folder = join(file, '..');
  const damaged = readdirSync(folder).filter(name => /^ledger-damaged-.*\.sqlite$/.test(name));
  for (const name of damaged.sort().slice(0, Math.max(0, damaged.length - keep))) {
    for (const ending of ['', '-wal', '-shm']) rmSync(join(folder, name + ending), { force: true });
  }
}

function moveIfThere(from: string, to: string): void {
  if (statSync(from, { throwIfNoEntry: false })) renameSync(from, to);
}

function identityOf(file: string): string | undefined {
  const stat = statSync(file, { throwIfNoEntry: false, bigint: true });
  return stat && `${stat.dev}:${stat.ino}`;
}
