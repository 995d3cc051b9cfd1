import type { DatabaseSync } from 'node:sqlite';
import { type AcceptanceRecord, type RequestRecord, reasonOf } from './requestRecord.ts';

/** A value of a column; null is "not known" or "did not take place", never 0 (docs/ledger.md). */
export type Cell = string | number | null;

interface Column {
  readonly name: string;
  readonly type: 'TEXT' | 'INTEGER' | 'REAL';
  readonly isRequired?: true;
}

type Columns<T> = readonly (Column & { readonly of: (record: T) => Cell })[];

/** Names that servers and files give; longer ones are cut, so that no row can be made large. */
const MAX_TEXT_CHARS = 300;

const text = (value: string | undefined): Cell => value?.slice(0, MAX_TEXT_CHARS) ?? null;

/** Counts come from servers, so a fraction, a negative number or worse is possible; those are not known. */
const count = (value: number | undefined): Cell =>
  value !== undefined && Number.isSafeInteger(Math.round(value)) && value >= 0 ? Math.round(value) : null;

const measure = (value: number | undefined): Cell =>
  value !== undefined && Number.isFinite(value) && value >= 0 ? value : null;

/** The order here is the order of the columns in the file, in the CSV export and in docs/ledger.md. */
export const REQUEST_COLUMNS: Columns<RequestRecord> = [
  { name: 'id', type: 'TEXT', isRequired: true, of: r => r.id },
  { name: 'started_at_ms', type: 'INTEGER', isRequired: true, of: r => Math.round(r.startedAtMs) },
  { name: 'purpose', type: 'TEXT', isRequired: true, of: r => r.purpose },
  { name: 'rung', type: 'TEXT', isRequired: true, of: r => r.rung },
  { name: 'attempt', type: 'INTEGER', isRequired: true, of: r => r.attempt },
  { name: 'fallback_from', type: 'TEXT', of: r => text(r.fallbackFrom) },
  { name: 'fallback_reason', type: 'TEXT', of: r => text(r.fallbackReason) },
  { name: 'endpoint', type: 'TEXT', isRequired: true, of: r => text(r.endpoint) },
  { name: 'dialect', type: 'TEXT', isRequired: true, of: r => r.dialect },
  { name: 'model', type: 'TEXT', isRequired: true, of: r => text(r.model) },
  { name: 'quantization', type: 'TEXT', of: r => text(r.quantization) },
  { name: 'locality', type: 'TEXT', isRequired: true, of: r => r.locality },
  { name: 'language_id', type: 'TEXT', of: r => text(r.languageId) },
  { name: 'debounce_ms', type: 'REAL', of: r => measure(r.spans.debounceMs) },
  { name: 'context_ms', type: 'REAL', of: r => measure(r.spans.contextMs) },
  { name: 'queue_ms', type: 'REAL', of: r => measure(r.spans.queueMs) },
  { name: 'connect_ms', type: 'REAL', of: r => measure(r.spans.connectMs) },
  { name: 'first_token_ms', type: 'REAL', of: r => measure(r.spans.firstTokenMs) },
  { name: 'generate_ms', type: 'REAL', of: r => measure(r.spans.generateMs) },
  { name: 'trim_ms', type: 'REAL', of: r => measure(r.spans.trimMs) },
  { name: 'total_ms', type: 'REAL', isRequired: true, of: r => measure(r.spans.totalMs) ?? 0 },
  { name: 'server_queue_ms', type: 'REAL', of: r => measure(r.serverTimings?.queueMs) },
  { name: 'server_load_ms', type: 'REAL', of: r => measure(r.serverTimings?.loadMs) },
  { name: 'server_prefill_ms', type: 'REAL', of: r => measure(r.serverTimings?.prefillMs) },
  { name: 'server_decode_ms', type: 'REAL', of: r => measure(r.serverTimings?.decodeMs) },
  { name: 'input_tokens', type: 'INTEGER', of: r => count(r.usage.inputTokens) },
  { name: 'cached_input_tokens', type: 'INTEGER', of: r => count(r.usage.cachedInputTokens) },
  { name: 'output_tokens', type: 'INTEGER', of: r => count(r.usage.outputTokens) },
  { name: 'usage_source', type: 'TEXT', isRequired: true, of: r => r.usage.source },
  { name: 'planned_reuse_tokens', type: 'INTEGER', of: r => count(r.plannedReuseTokens) },
  { name: 'finish_reason', type: 'TEXT', of: r => r.finishReason ?? null },
  { name: 'cost_micro_usd', type: 'INTEGER', of: r => count(r.costMicroUsd) },
  { name: 'cost_source', type: 'TEXT', isRequired: true, of: r => r.costSource },
  { name: 'price_as_of', type: 'TEXT', of: r => text(r.priceAsOf) },
  { name: 'energy_joules', type: 'REAL', of: r => measure(r.energy?.joules) },
  { name: 'energy_price_micro_usd_per_kwh', type: 'INTEGER', of: r => count(r.energy?.priceMicroUsdPerKwh) },
  { name: 'outcome', type: 'TEXT', isRequired: true, of: r => r.outcome.kind },
  { name: 'reason', type: 'TEXT', of: r => text(reasonOf(r.outcome)) },
];

/** A record under the names of its columns, as the ledger would hold it. */
export function requestCells(record: RequestRecord): Readonly<Record<string, Cell>> {
  return Object.fromEntries(REQUEST_COLUMNS.map(column => [column.name, column.of(record)]));
}

export const ACCEPTANCE_COLUMNS: Columns<AcceptanceRecord> = [
  { name: 'request_id', type: 'TEXT', isRequired: true, of: a => a.requestId },
  { name: 'suggestion_id', type: 'TEXT', isRequired: true, of: a => a.suggestionId },
  { name: 'at_ms', type: 'INTEGER', isRequired: true, of: a => Math.round(a.atMs) },
  { name: 'action', type: 'TEXT', isRequired: true, of: a => a.action },
  { name: 'accepted_chars', type: 'INTEGER', isRequired: true, of: a => count(a.acceptedChars) ?? 0 },
  { name: 'shown_chars', type: 'INTEGER', isRequired: true, of: a => count(a.shownChars) ?? 0 },
  { name: 'language_id', type: 'TEXT', of: a => text(a.languageId) },
];

/**
 * Each entry brings a file one version further; the number of entries applied is the file's `user_version`. Columns are
 * only ever added, and without NOT NULL: then an older Minnow in another window can go on writing to a newer file.
 * An entry that has been released is never changed, so this text is not made from the lists above.
 */
const MIGRATIONS: readonly string[] = [
  `CREATE TABLE requests (
    id TEXT NOT NULL PRIMARY KEY, started_at_ms INTEGER NOT NULL,
    purpose TEXT NOT NULL, rung TEXT NOT NULL, attempt INTEGER NOT NULL, fallback_from TEXT, fallback_reason TEXT,
    endpoint TEXT NOT NULL, dialect TEXT NOT NULL, model TEXT NOT NULL, quantization TEXT, locality TEXT NOT NULL,
    language_id TEXT,
    debounce_ms REAL, context_ms REAL, queue_ms REAL, connect_ms REAL, first_token_ms REAL, generate_ms REAL,
    trim_ms REAL, total_ms REAL NOT NULL,
    server_queue_ms REAL, server_load_ms REAL, server_prefill_ms REAL, server_decode_ms REAL,
    input_tokens INTEGER, cached_input_tokens INTEGER, output_tokens INTEGER, usage_source TEXT NOT NULL,
    planned_reuse_tokens INTEGER, finish_reason TEXT,
    cost_micro_usd INTEGER, cost_source TEXT NOT NULL, price_as_of TEXT,
    energy_joules REAL, energy_price_micro_usd_per_kwh INTEGER,
    outcome TEXT NOT NULL, reason TEXT
  ) STRICT;
  CREATE INDEX requests_by_start ON requests (started_at_ms);
  CREATE TABLE acceptances (
    request_id TEXT NOT NULL, suggestion_id TEXT NOT NULL, at_ms INTEGER NOT NULL, action TEXT NOT NULL,
    accepted_chars INTEGER NOT NULL, shown_chars INTEGER NOT NULL, language_id TEXT,
    UNIQUE (suggestion_id, at_ms, action)
  ) STRICT;
  CREATE INDEX acceptances_by_time ON acceptances (at_ms);
  CREATE INDEX acceptances_by_request ON acceptances (request_id);`,
];

export const SCHEMA_VERSION = MIGRATIONS.length;

/** Brings the file to the newest version, in one transaction; of two windows that try at once, one waits for the other. */
export function migrate(database: DatabaseSync, migrations = MIGRATIONS): void {
  if (versionOf(database) >= migrations.length) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    for (const step of migrations.slice(versionOf(database))) database.exec(step);
    database.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`);
  } catch (error) {
    database.exec('ROLLBACK');
    throw error;
  }
}

export function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.user_version ?? 0);
}

/** Writing the same record again changes nothing, so that a batch whose answer got lost can be repeated. */
export function insertStatement(table: string, columns: readonly Column[]): string {
  const names = columns.map(({ name }) => name);
  return `INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`;
}
