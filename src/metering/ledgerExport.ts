import { closeSync, openSync, writeSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { LedgerExport } from './ledgerCalls.ts';
import { ACCEPTANCE_COLUMNS, type Cell, REQUEST_COLUMNS } from './ledgerSchema.ts';
import { type LedgerRow, otlpLine } from './openTelemetry.ts';

/** Rows are written in pieces of this size, so that an export of everything needs no memory for everything. */
const ROWS_PER_WRITE = 500;

/** Writes the ledger where the user said, and returns the files: CSV needs one for each table. */
export function exportLedger(database: DatabaseSync, { file, format }: LedgerExport): readonly string[] {
  if (format === 'json') {
    writeLines(file, pages(rowsOf(database, 'requests', 'started_at_ms')), page => `${otlpLine(page)}\n`);
    return [file];
  }
  const acceptances = file.replace(/(\.csv)?$/i, '-acceptances.csv');
  writeCsv(file, REQUEST_COLUMNS, rowsOf(database, 'requests', 'started_at_ms'));
  writeCsv(acceptances, ACCEPTANCE_COLUMNS, rowsOf(database, 'acceptances', 'at_ms'));
  return [file, acceptances];
}

function rowsOf(database: DatabaseSync, table: string, order: string): Iterable<LedgerRow> {
  return database.prepare(`SELECT * FROM ${table} ORDER BY ${order}`).iterate() as Iterable<LedgerRow>;
}

function writeCsv(file: string, columns: readonly { name: string }[], rows: Iterable<LedgerRow>): void {
  const names = columns.map(({ name }) => name);
  const lines = function* () {
    yield [`${names.join(',')}\r\n`];
    for (const page of pages(rows))
      yield page.map(row => `${names.map(name => csvCell(row[name] ?? null)).join(',')}\r\n`);
  };
  writeLines(file, lines(), page => page.join(''));
}

/** RFC 4180. A leading = + - or @ in a name that a server gave would be run as a formula by a spreadsheet. */
export function csvCell(cell: Cell): string {
  if (cell === null) return '';
  if (typeof cell === 'number') return String(cell);
  const inert = /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : cell;
  return /[",\r\n]/.test(inert) ? `"${inert.replaceAll('"', '""')}"` : inert;
}

function* pages<T>(rows: Iterable<T>): Iterable<T[]> {
  let page: T[] = [];
  for (const row of rows) {
    page.push(row);
    if (page.length < ROWS_PER_WRITE) continue;
    yield page;
    page = [];
  }
  if (page.length > 0) yield page;
}

function writeLines<T>(file: string, items: Iterable<T>, lineOf: (item: T) => string): void {
  const handle = openSync(file, 'w');
  try {
    for (const item of items) writeSync(handle, lineOf(item));
  } finally {
    closeSync(handle);
  }
}
