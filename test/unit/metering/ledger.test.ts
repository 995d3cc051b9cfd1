import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FLUSH_DELAY_MS, MAX_WAITING } from '../../../src/metering/ledger.ts';
import { ACCEPTANCE_COLUMNS, migrate, REQUEST_COLUMNS, SCHEMA_VERSION } from '../../../src/metering/ledgerSchema.ts';
import { LedgerStore } from '../../../src/metering/ledgerStore.ts';
import { FakeClock } from '../../support/fakeClock.ts';
import { ledgerFolder } from '../../support/ledgerFolder.ts';
import { acceptanceRecord, requestRecord } from '../../support/records.ts';

let home: ReturnType<typeof ledgerFolder>;

beforeEach(() => {
  home = ledgerFolder();
});

afterEach(() => home.dispose());

describe('a row', () => {
  it('holds the record, one column per span, and NULL for what is not known', async () => {
    const ledger = home.open();
    ledger.append(
      requestRecord({
        spans: { queueMs: 0, connectMs: 1.25, totalMs: 1.25 },
        usage: { inputTokens: undefined, cachedInputTokens: undefined, outputTokens: undefined, source: 'none' },
        costMicroUsd: undefined,
        costSource: 'unknown',
        outcome: { kind: 'failed', error: { kind: 'timeout', limit: 'firstByte', limitMs: 1_000 } },
        energy: { joules: 18.5, priceMicroUsdPerKwh: 300_000 },
        finishReason: 'stop',
        serverTimings: { prefillMs: 12.5 },
        fallbackFrom: 'r0',
        fallbackReason: 'overloaded',
      }),
    );
    expect(await ledger.flush()).toEqual({ ok: true, value: undefined });
    expect(home.read('SELECT * FROM requests')).toEqual([
      {
        id: 'r1',
        started_at_ms: 1_000,
        purpose: 'completion',
        rung: 'edge',
        attempt: 1,
        fallback_from: 'r0',
        fallback_reason: 'overloaded',
        endpoint: 'ollama',
        dialect: 'ollama',
        model: 'qwen2.5-coder:1.5b',
        quantization: 'Q4_K_M',
        locality: 'loopback',
        language_id: 'typescript',
        debounce_ms: null,
        context_ms: null,
        queue_ms: 0,
        connect_ms: 1.25,
        first_token_ms: null,
        generate_ms: null,
        trim_ms: null,
        total_ms: 1.25,
        server_queue_ms: null,
        server_load_ms: null,
        server_prefill_ms: 12.5,
        server_decode_ms: null,
        input_tokens: null,
        cached_input_tokens: null,
        output_tokens: null,
        usage_source: 'none',
        planned_reuse_tokens: 1_100,
        finish_reason: 'stop',
        cost_micro_usd: null,
        cost_source: 'unknown',
        price_as_of: null,
        energy_joules: 18.5,
        energy_price_micro_usd_per_kwh: 300_000,
        outcome: 'failed',
        reason: 'timeout:firstByte',
      },
    ]);
  });

  it('never holds the words of an error, which may repeat the prompt', async () => {
    const ledger = home.open();
    const detail = 'cannot parse "const secret = 1"';
    ledger.append(requestRecord({ outcome: { kind: 'failed', error: { kind: 'badRequest', detail } } }));
    await ledger.flush();
    expect(home.read('SELECT reason FROM requests')).toEqual([{ reason: 'badRequest' }]);
    const bytes = readdirSync(home.folder).map(name => readFileSync(join(home.folder, name), 'latin1'));
    expect(bytes.join('')).toContain('badRequest');
    expect(bytes.join('')).not.toContain('secret');
  });

  it.each([
    ['a fraction', 1.4, 1],
    ['a negative number', -3, null],
    ['not a number', Number.NaN, null],
    ['more than there can be', Number.POSITIVE_INFINITY, null],
  ])('takes %s for a token count as %d -> %s', async (_, outputTokens, cell) => {
    const ledger = home.open();
    const usage = { inputTokens: 1, cachedInputTokens: 0, outputTokens, source: 'reported' as const };
    ledger.append(requestRecord({ usage }));
    expect((await ledger.flush()).ok).toBe(true);
    expect(home.read('SELECT output_tokens FROM requests')).toEqual([{ output_tokens: cell }]);
  });

  it('joins what the user did by the id of the request', async () => {
    const ledger = home.open();
    ledger.append(requestRecord());
    ledger.appendAcceptance(acceptanceRecord({ acceptedChars: 12, action: 'acceptedPartly' }));
    ledger.appendAcceptance(acceptanceRecord({ atMs: 1_600, acceptedChars: 28 }));
    await ledger.flush();
    expect(
      home.read('SELECT model, sum(accepted_chars) AS chars FROM requests JOIN acceptances ON request_id = id'),
    ).toEqual([{ model: 'qwen2.5-coder:1.5b', chars: 40 }]);
  });
});

describe('writing', () => {
  it('waits for company: one batch for all that came within the delay', async () => {
    const clock = new FakeClock();
    const ledger = home.open({ clock });
    for (const id of ['a', 'b', 'c']) ledger.append(requestRecord({ id }));
    expect(existsSync(home.file)).toBe(false);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(FLUSH_DELAY_MS);
    expect(clock.pendingTimers).toBe(0);
    await ledger.flush();
    expect(home.read('SELECT id FROM requests')).toEqual([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
  });

  it('lets several windows write to one file', async () => {
    const windows = [1, 2, 3].map(() => home.open());
    for (let index = 0; index < 300; index++) {
      windows[index % 3]?.append(requestRecord({ id: `r${index}` }));
    }
    expect(await Promise.all(windows.map(window => window.flush()))).toEqual([
      { ok: true, value: undefined },
      { ok: true, value: undefined },
      { ok: true, value: undefined },
    ]);
    expect(home.read('SELECT count(*) AS n FROM requests')).toEqual([{ n: 300 }]);
  });

  it('writes what waits when it is closed', async () => {
    const ledger = home.open();
    ledger.append(requestRecord());
    await ledger.close();
    expect(home.read('SELECT id FROM requests')).toEqual([{ id: 'r1' }]);
  });

  it('changes nothing when a batch comes twice', () => {
    const database = new DatabaseSync(':memory:');
    migrate(database);
    const store = new LedgerStore(database);
    const batch = { requests: [requestRecord()], acceptances: [acceptanceRecord()] };
    store.write(batch);
    store.write(batch);
    expect(database.prepare('SELECT count(*) AS n FROM requests').get()).toMatchObject({ n: 1 });
    expect(database.prepare('SELECT count(*) AS n FROM acceptances').get()).toMatchObject({ n: 1 });
  });

  it('gives up the oldest records, and counts them, when nothing can be written for long', () => {
    const ledger = home.open({ clock: new FakeClock() });
    for (let index = 0; index < MAX_WAITING + 7; index++) ledger.append(requestRecord({ id: `r${index}` }));
    expect(ledger.givenUp).toBe(7);
  });
});

describe('the file', () => {
  it('is set aside when it is damaged, and a new one begun', async () => {
    mkdirSync(home.folder, { recursive: true });
    writeFileSync(home.file, 'this is no database, but it may be somebody’s only copy');
    const ledger = home.open({ clock: new FakeClock(Date.UTC(2026, 10, 23, 21, 4, 5)) });
    ledger.append(requestRecord());
    expect((await ledger.flush()).ok).toBe(true);
    const aside = join(home.folder, 'ledger-damaged-2026-11-23T21-04-05-000Z.sqlite');
    expect(ledger.state).toEqual({ kind: 'file', file: home.file, setAside: aside });
    expect(readFileSync(aside, 'utf8')).toContain('somebody’s only copy');
    expect(home.read('SELECT count(*) AS n FROM requests')).toEqual([{ n: 1 }]);
  });

  it('is set aside when a page of it is damaged', async () => {
    const first = home.open();
    for (let index = 0; index < 2_000; index++) first.append(requestRecord({ id: `r${index}` }));
    await first.close();
    const bytes = readFileSync(home.file);
    bytes.fill(0xab, 4_096 * 3, 4_096 * 40);
    writeFileSync(home.file, bytes);
    const second = home.open();
    second.append(requestRecord({ id: 'new' }));
    expect((await second.flush()).ok).toBe(true);
    expect(second.state).toMatchObject({ kind: 'file', setAside: expect.stringContaining('damaged') });
    expect(home.read('SELECT id FROM requests')).toEqual([{ id: 'new' }]);
  });

  it('is set aside when its tables are somebody else’s', async () => {
    const other = new DatabaseSync(home.file);
    other.exec('CREATE TABLE requests (something TEXT)');
    other.close();
    const ledger = home.open();
    ledger.append(requestRecord());
    expect((await ledger.flush()).ok).toBe(true);
    expect(ledger.state).toMatchObject({ setAside: expect.stringContaining('damaged') });
  });

  it('keeps no more than three damaged ones', async () => {
    for (let index = 0; index < 5; index++) {
      writeFileSync(home.file, `damaged ${index}`);
      const ledger = home.open({ clock: new FakeClock(index * 1_000) });
      ledger.append(requestRecord());
      await ledger.close();
    }
    const aside = readdirSync(home.folder).filter(name => name.startsWith('ledger-damaged-'));
    expect(aside.map(name => readFileSync(join(home.folder, name), 'utf8'))).toEqual([
      'damaged 2',
      'damaged 3',
      'damaged 4',
    ]);
  });

  it('of a newer version is written to as it is', async () => {
    const newer = new DatabaseSync(home.file);
    migrate(newer);
    newer.exec(`ALTER TABLE requests ADD COLUMN mood TEXT; PRAGMA user_version = ${SCHEMA_VERSION + 1}`);
    newer.close();
    const ledger = home.open();
    ledger.append(requestRecord());
    expect((await ledger.flush()).ok).toBe(true);
    expect(home.read('SELECT id, mood FROM requests')).toEqual([{ id: 'r1', mood: null }]);
  });

  it('is brought to a newer version with its rows', () => {
    const database = new DatabaseSync(':memory:');
    migrate(database);
    new LedgerStore(database).write({ requests: [requestRecord()], acceptances: [] });
    const older = database.prepare('PRAGMA user_version').get();
    migrate(database, [...Array(SCHEMA_VERSION).fill('not run again'), 'ALTER TABLE requests ADD COLUMN mood TEXT']);
    expect(older).toEqual({ user_version: SCHEMA_VERSION });
    expect(database.prepare('SELECT id, mood FROM requests').get()).toEqual({ id: 'r1', mood: null });
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: SCHEMA_VERSION + 1 });
  });

  it('keeps the old version when a migration fails half way', () => {
    const database = new DatabaseSync(':memory:');
    expect(() => migrate(database, ['CREATE TABLE a (b)', 'no such statement'])).toThrow();
    expect(database.prepare('SELECT count(*) AS n FROM sqlite_schema').get()).toEqual({ n: 0 });
    expect(database.prepare('PRAGMA user_version').get()).toEqual({ user_version: 0 });
  });

  it('has the columns that the records are written to, in the same order', () => {
    const database = new DatabaseSync(':memory:');
    migrate(database);
    const columns = (table: string) =>
      database
        .prepare(`SELECT name, type, "notnull" AS isRequired FROM pragma_table_info('${table}')`)
        .all()
        .map(({ name, type, isRequired }) => ({ name, type, ...(isRequired === 1 && { isRequired: true }) }));
    const declared = (all: readonly { name: string; type: string; isRequired?: true }[]) =>
      all.map(({ name, type, isRequired }) => ({ name, type, ...(isRequired && { isRequired }) }));
    expect(columns('requests')).toEqual(declared(REQUEST_COLUMNS));
    expect(columns('acceptances')).toEqual(declared(ACCEPTANCE_COLUMNS));
  });
});

describe('without a file', () => {
  it('is kept in memory, with the reason, where the folder cannot be made', async () => {
    const blocked = join(home.folder, 'a file, not a folder');
    writeFileSync(blocked, '');
    const ledger = home.open({ folder: join(blocked, 'storage') });
    ledger.append(requestRecord());
    expect((await ledger.flush()).ok).toBe(true);
    expect(ledger.state).toMatchObject({ kind: 'memoryOnly', reason: expect.stringMatching(/ENOTDIR|EEXIST/) });
  });

  it('says why where the editor’s Node has no SQLite, and accepts records all the same', async () => {
    const worker = new URL('data:text/javascript,import "node:no-such-module"');
    const ledger = home.open({ worker });
    ledger.append(requestRecord());
    expect((await ledger.flush()).ok).toBe(false);
    expect(ledger.state).toMatchObject({ kind: 'memoryOnly', reason: expect.stringContaining('no-such-module') });
    expect(ledger.givenUp).toBe(1);
    expect(() => ledger.append(requestRecord())).not.toThrow();
  });
});

describe('bounds', () => {
  const DAY_MS = 86_400_000;

  function filled(count: number) {
    const database = new DatabaseSync(':memory:');
    database.exec('PRAGMA auto_vacuum = INCREMENTAL');
    migrate(database);
    const store = new LedgerStore(database);
    const ids = Array.from({ length: count }, (_, index) => `r${index}`);
    store.write({
      requests: ids.map((id, index) => requestRecord({ id, startedAtMs: index * DAY_MS })),
      acceptances: ids.map(id => acceptanceRecord({ requestId: id, suggestionId: id })),
    });
    const numberOf = (table: string) => database.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n;
    return { store, numberOf };
  }

  it('removes what is too old, with what the user did to it', () => {
    const { store, numberOf } = filled(5_000);
    expect(store.prune(5_000 * DAY_MS, { keepDays: 100, maxBytes: 1e9 })).toBe(4_900);
    expect([numberOf('requests'), numberOf('acceptances')]).toEqual([100, 100]);
  });

  it('removes the oldest when there is too much', () => {
    const { store, numberOf } = filled(9_000);
    const maxBytes = Math.floor(store.usedBytes() / 2);
    const removed = store.prune(0, { keepDays: 100_000, maxBytes });
    expect(removed).toBeGreaterThan(0);
    expect(numberOf('requests')).toBe(9_000 - removed);
    expect(store.usedBytes()).toBeLessThanOrEqual(maxBytes);
  });
});

describe('deleting all', () => {
  it('leaves no row and no byte of it, nor the damaged files', async () => {
    writeFileSync(home.file, 'damaged');
    const ledger = home.open();
    ledger.append(requestRecord({ model: 'a-model-to-be-forgotten' }));
    ledger.appendAcceptance(acceptanceRecord());
    await ledger.flush();
    expect(await ledger.deleteAll()).toEqual({ ok: true, value: undefined });
    expect(home.read('SELECT (SELECT count(*) FROM requests) + (SELECT count(*) FROM acceptances) AS n')).toEqual([
      { n: 0 },
    ]);
    const left = readdirSync(home.folder);
    expect(left.filter(name => name.includes('damaged'))).toEqual([]);
    expect(left.map(name => readFileSync(join(home.folder, name), 'latin1')).join('')).not.toContain('to-be-forgotten');
  });
});

describe('export', () => {
  it('writes CSV that a spreadsheet takes, and no formula', async () => {
    const ledger = home.open();
    ledger.append(requestRecord({ model: '=HYPERLINK("http://x")', quantization: undefined }));
    ledger.appendAcceptance(acceptanceRecord());
    const file = join(home.folder, 'out.csv');
    const acceptances = join(home.folder, 'out-acceptances.csv');
    expect(await ledger.exportTo({ file, format: 'csv' })).toEqual({ ok: true, value: [file, acceptances] });
    const [header, row, end] = readFileSync(file, 'utf8').split('\r\n');
    expect(header).toBe(REQUEST_COLUMNS.map(({ name }) => name).join(','));
    expect(row).toBe(
      'r1,1000,completion,edge,1,,,ollama,ollama,"\'=HYPERLINK(""http://x"")",,loopback,typescript,' +
        '50,3,0,1,40,36,1,131,,,,,1204,1180,14,reported,1100,,0,local,,,,answered,',
    );
    expect(end).toBe('');
    expect(readFileSync(acceptances, 'utf8')).toBe(
      'request_id,suggestion_id,at_ms,action,accepted_chars,shown_chars,language_id\r\n' +
        'r1,s1,1500,accepted,40,40,typescript\r\n',
    );
  });

  it('writes JSON in OpenTelemetry’s names', async () => {
    const ledger = home.open();
    ledger.append(requestRecord({ finishReason: 'length' }));
    ledger.append(
      requestRecord({ id: 'r2', fallbackFrom: 'r1', outcome: { kind: 'failed', error: { kind: 'modelLoading' } } }),
    );
    const file = join(home.folder, 'out.json');
    expect((await ledger.exportTo({ file, format: 'json' })).ok).toBe(true);
    const [line, rest] = readFileSync(file, 'utf8').split('\n');
    expect(rest).toBe('');
    const spans = JSON.parse(line ?? '').resourceSpans[0].scopeSpans[0].spans;
    expect(spans[0]).toMatchObject({
      name: 'text_completion qwen2.5-coder:1.5b',
      kind: 3,
      startTimeUnixNano: '1000000000',
      endTimeUnixNano: '1131000000',
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
      spanId: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
    expect(spans[0].attributes).toEqual(
      expect.arrayContaining([
        { key: 'gen_ai.operation.name', value: { stringValue: 'text_completion' } },
        { key: 'gen_ai.request.model', value: { stringValue: 'qwen2.5-coder:1.5b' } },
        { key: 'gen_ai.usage.input_tokens', value: { intValue: '1204' } },
        { key: 'gen_ai.usage.cache_read.input_tokens', value: { intValue: '1180' } },
        { key: 'gen_ai.response.finish_reasons', value: { arrayValue: { values: [{ stringValue: 'length' }] } } },
        { key: 'gen_ai.response.time_to_first_chunk', value: { doubleValue: 0.041 } },
        { key: 'minnow.cost_micro_usd', value: { intValue: '0' } },
      ]),
    );
    expect(spans[1]).toMatchObject({
      status: { code: 2 },
      links: [{ traceId: spans[0].traceId, spanId: spans[0].spanId }],
    });
    expect(spans[1].attributes).toContainEqual({ key: 'error.type', value: { stringValue: 'modelLoading' } });
  });
});
