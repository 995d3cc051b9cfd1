// The ledger's own thread: a query over a year of requests, or waiting for another window to write, must not hold up typing.
import { parentPort } from 'node:worker_threads';
import { assert } from '../base/assert.ts';
import { systemClock } from '../base/clock.ts';
import type { LedgerAnswer, LedgerCallName, LedgerCalls, LedgerPlace, LedgerQuestion } from './ledgerCalls.ts';
import { exportLedger } from './ledgerExport.ts';
import { isDamage, type OpenLedger, openInMemory, openLedger, removeDamaged, setAsideDamaged } from './ledgerFile.ts';
import { LEDGER_BOUNDS, LedgerStore, MEMORY_BOUNDS } from './ledgerStore.ts';
import { spendingOf } from './spending.ts';
import { summarize } from './summary.ts';

assert(parentPort, 'runs as a worker');
const port = parentPort;

interface Opened {
  readonly folder: string;
  readonly place: LedgerPlace;
  readonly store: LedgerStore;
  readonly onDisk: OpenLedger | undefined;
}

let opened: Opened | undefined;

type Handlers = { [Name in LedgerCallName]: (asks: LedgerCalls[Name]['asks']) => LedgerCalls[Name]['gets'] };

const handlers: Handlers = {
  open({ folder, nowMs }) {
    opened = open(folder, nowMs);
    return opened.place;
  },
  write: batch => current().store.write(batch) as undefined,
  prune({ nowMs }) {
    const { store, onDisk } = current();
    return store.prune(nowMs, onDisk ? LEDGER_BOUNDS : MEMORY_BOUNDS);
  },
  deleteAll() {
    const { store, onDisk } = current();
    store.deleteAll();
    if (onDisk) removeDamaged(onDisk.file, 0);
    return undefined;
  },
  spending: question => spendingOf(current().store.database, question),
  summarize: question => summarize(current().store.database, question),
  exportTo: where => exportLedger(current().store.database, where),
};

function current(): Opened {
  assert(opened, 'the first call opens');
  return opened;
}

function open(folder: string, nowMs: number): Opened {
  try {
    const onDisk = openLedger(folder, nowMs);
    const place: LedgerPlace = { kind: 'file', file: onDisk.file, setAside: onDisk.setAside };
    return { folder, place, store: new LedgerStore(onDisk.database), onDisk };
  } catch (error) {
    const place: LedgerPlace = { kind: 'memoryOnly', reason: messageOf(error) };
    return { folder, place, store: new LedgerStore(openInMemory()), onDisk: undefined };
  }
}

/** A file found damaged while in use makes room for a new one, and the call is repeated there, once. */
function answer(question: LedgerQuestion): LedgerCalls[LedgerCallName]['gets'] {
  const handle = handlers[question.name] as (asks: unknown) => LedgerCalls[LedgerCallName]['gets'];
  try {
    return handle(question.asks);
  } catch (error) {
    if (!isDamage(error) || !opened?.onDisk) throw error;
    const { folder, onDisk, store } = opened;
    const nowMs = systemClock.nowMs();
    store.close();
    const setAside = setAsideDamaged(onDisk.file, onDisk.identity, nowMs);
    const next = open(folder, nowMs);
    opened = next.place.kind === 'file' ? { ...next, place: { ...next.place, setAside } } : next;
    post({ callId: undefined, place: opened.place });
    return handle(question.asks);
  }
}

function post(message: LedgerAnswer): void {
  port.postMessage(message);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

port.on('message', (question: LedgerQuestion) => {
  try {
    post({ callId: question.callId, ok: true, value: answer(question) });
  } catch (error) {
    post({ callId: question.callId, ok: false, detail: messageOf(error) });
  }
});
