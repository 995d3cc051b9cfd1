// What the meter costs: the moment it takes from a completion, and how long the dashboard waits for a month of 100,000 requests.
// node test/bench/metering.ts [rows]
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { DatabaseSync } from 'node:sqlite';
import { systemClock as clock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { comparisonOf, createCostOf } from '../../src/metering/cost.ts';
import { Samples } from '../../src/metering/distribution.ts';
import { Ledger } from '../../src/metering/ledger.ts';
import { migrate } from '../../src/metering/ledgerSchema.ts';
import { LedgerStore } from '../../src/metering/ledgerStore.ts';
import { priceListFrom } from '../../src/metering/priceListFile.ts';
import { meterTo, RecentRequests } from '../../src/metering/recentRequests.ts';
import { acceptanceRecord, requestRecord } from '../support/records.ts';

const DAY_MS = 86_400_000;
const rows = Number(process.argv[2] ?? 100_000);
const folder = mkdtempSync(join(tmpdir(), 'minnow-metering-'));
const worker = new URL('../../src/metering/ledgerWorker.ts', import.meta.url);
const priceList = priceListFrom(resolve(import.meta.dirname, '../../media/listPrices.json'), silentLogger);
const costOf = createCostOf({ settings: () => ({ prices: [], energyWatts: 60, energyUsdPerKwh: 0.3 }), priceList });

try {
  await recording();
  await dashboard();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** One completion every 2 ms, far more than a person causes, so that batches are written all the while. */
async function recording(): Promise<void> {
  const ledger = new Ledger({ folder: join(folder, 'recording'), worker, clock, logger: silentLogger });
  const meter = meterTo(new RecentRequests(), ledger);
  for (const locality of ['loopback', 'remote'] as const) {
    const samples = new Samples();
    const loop = monitorEventLoopDelay({ resolution: 1 });
    loop.enable();
    for (let index = 0; index < 5_000; index++) {
      const startMs = clock.monotonicMs();
      const record = requestRecord({ id: randomUUID(), startedAtMs: clock.nowMs(), locality });
      const endpoint = { name: 'mistral', url: 'https://api.mistral.ai' };
      const priced = { endpoint, model: 'codestral-2508', locality, usage: record.usage, reportedMicroUsd: undefined };
      const cost = costOf({ ...priced, activeMs: 76, atMs: record.startedAtMs });
      meter.append({ ...record, costMicroUsd: cost.microUsd, costSource: cost.source, energy: cost.energy });
      samples.add(clock.monotonicMs() - startMs);
      if (index % 5 === 0)
        meter.appendAcceptance(acceptanceRecord({ requestId: record.id, suggestionId: randomUUID() }));
      await new Promise(done => setTimeout(done, 2));
    }
    loop.disable();
    report(`record one request (${locality})`, samples);
    console.log(`  event loop delay meanwhile: p99 ${(loop.percentile(99) / 1e6).toFixed(2)} ms`);
  }
  const flushed = await ledger.flush();
  console.log(`  kept: ${flushed.ok}, given up: ${ledger.givenUp}`);
  await ledger.close();
}

async function dashboard(): Promise<void> {
  const nowMs = clock.nowMs();
  const file = join(folder, 'dashboard');
  const first = new Ledger({ folder: file, worker, clock, logger: silentLogger });
  await first.flush();
  await first.ask('prune', { nowMs });
  fill(join(file, 'ledger.sqlite'), nowMs);
  await first.close();

  const openedMs = clock.monotonicMs();
  const ledger = new Ledger({ folder: file, worker, clock, logger: silentLogger });
  const comparison = comparisonOf(priceList() ?? { asOf: '', providers: [] }, 'mistral/codestral-2508', nowMs);
  const month = { fromMs: nowMs - 30 * DAY_MS, toMs: nowMs, comparison };
  const partsFromMs = Array.from({ length: 30 }, (_, day) => month.fromMs + day * DAY_MS);
  await ledger.summarize({ ...month, partsFromMs });
  console.log(
    `open the ledger of ${rows} rows and summarize 30 days: ${(clock.monotonicMs() - openedMs).toFixed(0)} ms`,
  );
  console.log(`  file: ${(statSync(join(file, 'ledger.sqlite')).size / 1e6).toFixed(1)} MB`);
  const questions = {
    '30 days': { ...month, partsFromMs },
    '30 days of one model': { ...month, partsFromMs, model: 'model-1' },
    '7 days': { ...month, fromMs: nowMs - 7 * DAY_MS, partsFromMs: partsFromMs.slice(-7) },
    today: { ...month, fromMs: nowMs - DAY_MS, partsFromMs: partsFromMs.slice(-1) },
  };
  for (const [name, question] of Object.entries(questions)) {
    const samples = new Samples();
    const loop = monitorEventLoopDelay({ resolution: 1 });
    loop.enable();
    let requests = 0;
    for (let round = 0; round < 10; round++) {
      const startMs = clock.monotonicMs();
      const summary = await ledger.summarize(question);
      samples.add(clock.monotonicMs() - startMs);
      requests = summary.ok ? summary.value.requests : Number.NaN;
    }
    loop.disable();
    report(`summarize ${name} (${requests} requests)`, samples);
    console.log(`  event loop delay meanwhile: p99 ${(loop.percentile(99) / 1e6).toFixed(2)} ms`);
  }
  await ledger.close();
}

function fill(file: string, nowMs: number): void {
  const database = new DatabaseSync(file);
  migrate(database);
  const store = new LedgerStore(database);
  const startedAtMs = (index: number) => Math.floor(nowMs - ((index + 1) / rows) * 30 * DAY_MS);
  const purposes = ['completion', 'completion', 'completion', 'chat'] as const;
  for (let start = 0; start < rows; start += 1_000) {
    const indices = Array.from({ length: Math.min(1_000, rows - start) }, (_, offset) => start + offset);
    store.write({
      requests: indices.map(index =>
        requestRecord({
          id: `r${index}`,
          startedAtMs: startedAtMs(index),
          purpose: purposes[index % 4] ?? 'chat',
          model: `model-${index % 5}`,
          languageId: ['typescript', 'python', 'go', 'rust'][index % 4],
          locality: index % 20 === 0 ? 'remote' : 'loopback',
          spans: spans(index),
        }),
      ),
      acceptances: indices
        .filter(index => index % 3 === 0)
        .map(index =>
          acceptanceRecord({ requestId: `r${index}`, suggestionId: `s${index}`, atMs: startedAtMs(index) + 500 }),
        ),
    });
  }
  database.close();
}

function spans(index: number) {
  const [a, b] = [(index * 7919) % 1_000, (index * 104_729) % 1_000];
  const laps = {
    debounceMs: a / 20,
    contextMs: a / 200,
    queueMs: 0,
    connectMs: b / 500,
    firstTokenMs: b / 4,
    generateMs: a / 3,
    trimMs: b / 1e3,
  };
  return { ...laps, totalMs: Object.values(laps).reduce((sum, lap) => sum + lap, 0) };
}

function report(what: string, samples: Samples): void {
  const { count, p50, p95, p99 } = samples.percentiles();
  const ms = (value: number | undefined) => (value === undefined ? '—' : `${value.toFixed(value < 10 ? 4 : 0)} ms`);
  console.log(`${what}: p50 ${ms(p50)}, p95 ${ms(p95)}, p99 ${ms(p99)}, n ${count}`);
}
