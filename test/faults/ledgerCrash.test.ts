import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { LEDGER_FILE } from '../../src/metering/ledgerFile.ts';
import { seededRandom } from '../bench/seededRandom.ts';

const RECORDS = 10_000;
const KILLS = 8;
const WRITER = resolve(import.meta.dirname, '../support/ledgerWriter.ts');

interface Writing {
  /** The number of the last record that was acknowledged; one below the first where none was. */
  readonly lastAcknowledged: number;
  readonly signal: NodeJS.Signals | null;
  readonly code: number | null;
}

/** Writes records in a process of its own, which is killed as soon as it has acknowledged one at or past `killAt`. */
function write(folder: string, name: string, from: number, killAt = Number.POSITIVE_INFINITY): Promise<Writing> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, [WRITER, folder, name, String(from), String(RECORDS)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let lastAcknowledged = from - 1;
    createInterface(child.stdout).on('line', line => {
      lastAcknowledged = Number(line);
      if (lastAcknowledged >= killAt) child.kill('SIGKILL');
    });
    child.once('error', fail);
    child.once('close', (code, signal) => done({ lastAcknowledged, signal, code }));
  });
}

it('loses nothing acknowledged when one of two windows is killed again and again', { timeout: 120_000 }, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'minnow-crash-'));
  try {
    const random = seededRandom(Number(process.env.MINNOW_SEED ?? 20261123));
    const steady = write(folder, 'steady', 0);
    const acknowledged = new Set<string>();
    let from = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const killAt = from + Math.floor((random() * (RECORDS - from)) / (KILLS - kill));
      const { lastAcknowledged, signal } = await write(folder, 'killed', from, killAt);
      expect(signal).toBe('SIGKILL');
      for (let index = from; index <= lastAcknowledged; index++) acknowledged.add(`killed-${index}`);
      from = lastAcknowledged + 1;
    }
    expect(await write(folder, 'killed', from)).toMatchObject({ lastAcknowledged: RECORDS - 1, code: 0 });
    expect(await steady).toMatchObject({ lastAcknowledged: RECORDS - 1, code: 0 });
    for (let index = from; index < RECORDS; index++) acknowledged.add(`killed-${index}`);

    const database = new DatabaseSync(join(folder, LEDGER_FILE));
    const ids = new Set(
      database
        .prepare('SELECT id FROM requests')
        .all()
        .map(({ id }) => String(id)),
    );
    expect(database.prepare('PRAGMA integrity_check').get()).toMatchObject({ integrity_check: 'ok' });
    // A window killed between writing and saying so is followed by one that writes the same again.
    const accepted = database.prepare('SELECT count(DISTINCT request_id) AS n FROM acceptances').get();
    expect(accepted).toMatchObject({ n: ids.size });
    database.close();
    expect([...acknowledged].filter(id => !ids.has(id))).toEqual([]);
    expect([...ids].filter(id => id.startsWith('steady-'))).toHaveLength(RECORDS);
    expect(acknowledged.size).toBe(RECORDS);
    expect(readdirSync(folder).filter(name => name.includes('damaged'))).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
