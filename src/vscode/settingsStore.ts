import * as vscode from 'vscode';
import { type Disposable, DisposableStore } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import type { Logger } from '../base/logger.ts';
import type { MinnowSettings, SettingsProblem } from '../settings/settings.ts';
import { type ReadSettings, readSettings } from './settingsReader.ts';

/** What the user chose, read once after each change: a request sees one of these snapshots to its end (invariant 9). */
export interface SettingsStore extends Disposable {
  current(languageId?: string): MinnowSettings;
  readonly onDidChange: Event<void>;
}

/** Settings differ by language; a window sees few of them. */
const MAX_LANGUAGES = 64;

export function createSettingsStore(log: Logger): SettingsStore {
  const store = new DisposableStore();
  const changed = store.add(new Emitter<void>());
  const snapshots = new Map<string, ReadSettings>();
  const told = new Set<string>();

  function read(languageId: string): ReadSettings {
    const scope = languageId === '' ? undefined : { languageId };
    const result = readSettings(vscode.workspace.getConfiguration('minnow', scope));
    if (snapshots.size >= MAX_LANGUAGES) snapshots.clear();
    snapshots.set(languageId, result);
    return result;
  }

  function tellOnce(problems: readonly SettingsProblem[]): void {
    for (const problem of problems.filter(({ message }) => !told.has(message))) {
      told.add(problem.message);
      log.warn(problem.message);
      void offerToOpen(problem);
    }
  }

  store.add(
    vscode.workspace.onDidChangeConfiguration(event => {
      if (!event.affectsConfiguration('minnow')) return;
      snapshots.clear();
      tellOnce(read('').problems);
      changed.fire();
    }),
  );
  tellOnce(read('').problems);
  return {
    current: (languageId = '') => (snapshots.get(languageId) ?? read(languageId)).settings,
    onDidChange: changed.event,
    dispose: () => store.dispose(),
  };
}

async function offerToOpen({ key, message }: SettingsProblem): Promise<void> {
  const choice = await vscode.window.showWarningMessage(message, 'Open Setting');
  if (choice) await vscode.commands.executeCommand('workbench.action.openSettings', `@id:${key}`);
}
