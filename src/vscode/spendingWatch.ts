import type { Clock } from '../base/clock.ts';
import { type Disposable, DisposableSlot, DisposableStore } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import type { Comparison } from '../metering/cost.ts';
import type { Ledger } from '../metering/ledger.ts';
import type { RecentRequests } from '../metering/recentRequests.ts';
import type { Spending } from '../metering/spending.ts';

/** Money is counted again at most this often, and only when there were requests. */
const GAP_MS = 20_000;
/** The first figure comes soon after the first request. */
const FIRST_GAP_MS = 1_000;

export interface SpendingWatch extends Disposable {
  /** The last count; undefined before the first, or where there is no ledger. */
  current(): Spending | undefined;
  readonly onDidChange: Event<void>;
}

export interface SpendingNeeds {
  readonly clock: Clock;
  readonly ledger: Pick<Ledger, 'ask'>;
  readonly requests: Pick<RecentRequests, 'onDidChange'>;
  readonly comparison: (atMs: number) => Comparison | undefined;
}

/** Keeps what was spent today and this month at hand for the status bar's card. */
export function createSpendingWatch({ clock, ledger, requests, comparison }: SpendingNeeds): SpendingWatch {
  const store = new DisposableStore();
  const timer = store.add(new DisposableSlot());
  const changed = store.add(new Emitter<void>());
  let spending: Spending | undefined;
  const count = async () => {
    const now = new Date(clock.nowMs());
    const answer = await ledger.ask('spending', {
      dayFromMs: new Date(now.getFullYear(), now.getMonth(), now.getDate()).getTime(),
      monthFromMs: new Date(now.getFullYear(), now.getMonth()).getTime(),
      comparison: comparison(now.getTime()),
    });
    if (!answer.ok || store.isDisposed) return;
    spending = answer.value;
    changed.fire();
  };
  store.add(
    requests.onDidChange(() => {
      timer.value ??= clock.after(spending ? GAP_MS : FIRST_GAP_MS, () => {
        timer.value = undefined;
        void count();
      });
    }),
  );
  return { current: () => spending, onDidChange: changed.event, dispose: () => store.dispose() };
}
