import type { Clock } from '../base/clock.ts';
import { type Disposable, DisposableStore } from '../base/disposable.ts';
import type { Event } from '../base/emitter.ts';
import type { EmbeddedSupervisor } from '../embedded/supervisor.ts';
import type { Inventory } from '../models/inventory.ts';
import type { MinnowSettings } from '../settings/settings.ts';
import type { KeyStore } from './keyStore.ts';

export interface EnginesNeeds {
  readonly clock: Clock;
  readonly settingsStore: { current(): MinnowSettings; readonly onDidChange: Event<void> };
  readonly keys: Pick<KeyStore, 'onDidChange'>;
  readonly embedded: Pick<EmbeddedSupervisor, 'configure'>;
  readonly inventory: Pick<Inventory, 'refresh' | 'report'>;
  readonly onDidFocusWindow: Event<unknown>;
}

/**
 * Looks at what is there after the start, when the user chose something else or entered a key, and when they come back to
 * the window while something is wrong: they may have gone to start the server.
 */
export function keepEnginesCurrent(needs: EnginesNeeds): Disposable {
  const { settingsStore, keys, embedded, inventory } = needs;
  const store = new DisposableStore();
  let chosen = choiceOf(settingsStore.current());
  // Not inside `activate`, which must not wait for anything.
  store.add(needs.clock.after(0, () => void inventory.refresh()));
  store.add(
    settingsStore.onDidChange(() => {
      const settings = settingsStore.current();
      const next = choiceOf(settings);
      if (next === chosen) return;
      chosen = next;
      embedded.configure(settings.embedded);
      void inventory.refresh();
    }),
  );
  store.add(keys.onDidChange(() => void inventory.refresh()));
  store.add(
    needs.onDidFocusWindow(() => {
      if (inventory.report('edge').problem) void inventory.refresh();
    }),
  );
  return store;
}

/** What of the settings says who answers; changing anything else needs no look at a server. */
function choiceOf({ endpoints, ladder, fallback, embedded }: MinnowSettings): string {
  return JSON.stringify([endpoints, ladder, fallback, embedded]);
}
