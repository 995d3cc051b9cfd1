import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { ACCEPTANCE_COLUMNS, migrate, REQUEST_COLUMNS, SCHEMA_VERSION } from '../../../src/metering/ledgerSchema.ts';
import { LedgerStore } from '../../../src/metering/ledgerStore.ts';
import { acceptanceRecord, requestRecord } from '../../support/records.ts';

const page = readFileSync(resolve(import.meta.dirname, '../../../docs/ledger.md'), 'utf8');
const section = (title: string) => page.split(/^## /m).find(part => part.startsWith(title)) ?? '';

describe('docs/ledger.md', () => {
  it.each([
    ['`requests`', REQUEST_COLUMNS],
    ['`acceptances`', ACCEPTANCE_COLUMNS],
  ])('names every column of %s, in order, with its type', (table, columns) => {
    const rows = [...section(table).matchAll(/^\| (`.+?`) \| (TEXT|INTEGER|REAL)/gm)];
    const documented = rows.flatMap(([, names = '', type]) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name]) => ({ name, type })),
    );
    expect(documented).toEqual(columns.map(({ name, type }) => ({ name, type })));
  });

  it('gives the version of the schema', () => {
    expect(page).toContain(`it is ${SCHEMA_VERSION}.`);
  });

  it('has example queries that answer something', () => {
    const database = new DatabaseSync(':memory:');
    migrate(database);
    const now = Date.now();
    const energy = { joules: 18, priceMicroUsdPerKwh: 300_000 };
    new LedgerStore(database).write({
      requests: [
        requestRecord({ startedAtMs: now, serverTimings: { prefillMs: 12 }, energy }),
        requestRecord({
          id: 'r2',
          startedAtMs: now,
          locality: 'remote',
          costMicroUsd: undefined,
          costSource: 'unknown',
        }),
      ],
      acceptances: [acceptanceRecord({ atMs: now })],
    });
    const queries = [...section('Examples').matchAll(/```sql\n([\s\S]*?)```/g)].map(([, sql = '']) => sql);
    const answers = queries.map(sql =>
      database
        .prepare(sql)
        .all()
        .map(row => ({ ...row })),
    );
    expect(answers).toEqual([
      [{ n: 2, p50_ms: 131, p95_ms: 131 }],
      [{ model: 'qwen2.5-coder:1.5b', accepted_share: 1, shown: 1 }],
      [{ endpoint: 'ollama', model: 'qwen2.5-coder:1.5b', usd: null, not_known: 1 }],
      [{ model: 'qwen2.5-coder:1.5b', cached_share: expect.closeTo(0.98), tokens_per_second: expect.closeTo(4_000) }],
      [{ kwh: expect.closeTo(5e-6), usd: expect.closeTo(1.5e-6) }],
    ]);
  });
});
