import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as sleep } from 'node:timers/promises';
import { cacheFolder } from './bootstrap.mjs';
import { REPOSITORY } from './paths.ts';

const POLL_MS = 200;
const SQLITE_BUSY = 5;

/**
 * Runs `work` while no other process on this machine runs something under the same name. The lock is one on a database file,
 * because the operating system itself lets go of that one when a process is killed.
 */
export async function exclusively<T>(name: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(join(cacheFolder(), 'locks'), { recursive: true });
  const database = new DatabaseSync(join(cacheFolder(), 'locks', `${name}.db`), { timeout: 0 });
  try {
    for (let waits = 0; !tryLock(database); waits++) {
      if (waits === 0) console.log(`setup  waiting for another run that holds "${name}"`);
      await sleep(POLL_MS);
    }
    return await work();
  } finally {
    database.close();
  }
}

/** The same for what concerns this checkout alone. */
export function exclusivelyHere<T>(name: string, work: () => Promise<T>): Promise<T> {
  const checkout = createHash('sha256').update(REPOSITORY).digest('hex').slice(0, 8);
  return exclusively(`${name}-${checkout}`, work);
}

function tryLock(database: DatabaseSync): boolean {
  try {
    database.exec('BEGIN EXCLUSIVE');
    return true;
  } catch (error) {
    if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return false;
    throw error;
  }
}
