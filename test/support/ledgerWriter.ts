// One window of the crash test: node ledgerWriter.ts FOLDER NAME FROM TO. Writes the records NAME-FROM to NAME-TO, flushes after
// every few, and prints the number of the last record that a flush acknowledged.
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { Ledger } from '../../src/metering/ledger.ts';
import { acceptanceRecord, requestRecord } from './records.ts';

const [folder = '', name = '', from = '0', to = '0'] = process.argv.slice(2);
const worker = new URL('../../src/metering/ledgerWorker.ts', import.meta.url);
const ledger = new Ledger({ folder, worker, clock: systemClock, logger: silentLogger });
const RECORDS_PER_FLUSH = 25;

for (let index = Number(from); index < Number(to); index++) {
  const id = `${name}-${index}`;
  ledger.append(requestRecord({ id, startedAtMs: systemClock.nowMs() }));
  ledger.appendAcceptance(acceptanceRecord({ requestId: id, suggestionId: id, atMs: systemClock.nowMs() }));
  if (index % RECORDS_PER_FLUSH !== RECORDS_PER_FLUSH - 1 && index !== Number(to) - 1) continue;
  const flushed = await ledger.flush();
  if (!flushed.ok || ledger.state.kind !== 'file') throw new Error(`not written: ${JSON.stringify(ledger.state)}`);
  process.stdout.write(`${index}\n`);
}
await ledger.close();
