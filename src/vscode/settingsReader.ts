import { parseSettings } from '../settings/parseSettings.ts';
import type { MinnowSettings, SettingsProblem } from '../settings/settings.ts';
import { SETTINGS, type SettingRow } from '../settings/settingsTable.ts';

/** What VS Code's configuration tells of one key, level by level. */
export interface InspectedSetting {
  readonly globalValue?: unknown;
  readonly workspaceValue?: unknown;
  readonly workspaceFolderValue?: unknown;
  readonly globalLanguageValue?: unknown;
  readonly workspaceLanguageValue?: unknown;
  readonly workspaceFolderLanguageValue?: unknown;
}

/** The part of VS Code's WorkspaceConfiguration for the section "minnow" that is read. */
export interface ConfigurationSection {
  inspect(key: string): InspectedSetting | undefined;
}

export interface ReadSettings {
  readonly settings: MinnowSettings;
  readonly problems: readonly SettingsProblem[];
}

/**
 * Reads all settings at once into one frozen snapshot. The level that wins is decided here and not by the editor: a fork
 * that lets a folder set a value of machine or application scope must not let it say where code goes (invariant 6).
 */
export function readSettings(configuration: ConfigurationSection): ReadSettings {
  const ignored: SettingsProblem[] = [];
  const rows = new Map(Object.values(SETTINGS).map(row => [row.key, row as SettingRow<unknown>]));
  const { settings, problems } = parseSettings(key => {
    const inspected = configuration.inspect(key);
    if (!inspected) return undefined;
    const scope = rows.get(key)?.scope;
    if (scope === 'window' || scope === 'language-overridable') return narrowest(inspected);
    if (isSetByWorkspace(inspected)) {
      ignored.push({
        key: `minnow.${key}`,
        message: `minnow.${key} in this workspace's settings is ignored: only your own settings can decide it.`,
      });
    }
    return inspected.globalValue;
  });
  return { settings, problems: [...problems, ...ignored] };
}

function narrowest(value: InspectedSetting): unknown {
  return (
    value.workspaceFolderLanguageValue ??
    value.workspaceLanguageValue ??
    value.globalLanguageValue ??
    value.workspaceFolderValue ??
    value.workspaceValue ??
    value.globalValue
  );
}

function isSetByWorkspace(value: InspectedSetting): boolean {
  return [
    value.workspaceValue,
    value.workspaceFolderValue,
    value.workspaceLanguageValue,
    value.workspaceFolderLanguageValue,
  ].some(level => level !== undefined);
}
