import type { MinnowSettings, SettingsProblem } from './settings.ts';
import { SETTINGS, type SettingRow } from './settingsTable.ts';

export interface ParsedSettings {
  readonly settings: MinnowSettings;
  readonly problems: readonly SettingsProblem[];
}

/**
 * Whatever a person wrote becomes a whole and frozen set of settings: a value that is wrong counts as unset and is told
 * once, with the values that are allowed. Never throws.
 *
 * @param read the value of a key (without "minnow."), undefined where nothing is set
 */
export function parseSettings(read: (key: string) => unknown): ParsedSettings {
  const problems: SettingsProblem[] = [];
  function value<T>(row: SettingRow<T>): T {
    const raw = read(row.key);
    if (raw === undefined) return row.defaultValue;
    const parsed = row.parse(raw);
    if (parsed.ok) return parsed.value;
    problems.push({ key: `minnow.${row.key}`, message: `minnow.${row.key} ${parsed.error}. The default is used.` });
    return row.defaultValue;
  }
  const settings: MinnowSettings = {
    endpoints: value(SETTINGS.endpoints),
    ladder: {
      edge: value(SETTINGS.edge),
      workhorse: value(SETTINGS.workhorse),
      foundation: value(SETTINGS.foundation),
    },
    fallback: value(SETTINGS.fallback),
    completion: {
      enabled: value(SETTINGS.completionEnabled),
      disabledLanguages: value(SETTINGS.disabledLanguages),
      multiline: value(SETTINGS.multiline),
      maxTokens: value(SETTINGS.maxTokens),
      maxPromptTokens: value(SETTINGS.maxPromptTokens),
      firstByteLimitMs: value(SETTINGS.firstByteLimitMs),
      speculation: value(SETTINGS.speculation),
      nextEdit: value(SETTINGS.nextEdit),
    },
    embedded: {
      enabled: value(SETTINGS.embeddedEnabled),
      modelPath: value(SETTINGS.embeddedModelPath),
      contextTokens: value(SETTINGS.embeddedContextTokens),
      threads: value(SETTINGS.embeddedThreads),
    },
    keepAliveMinutes: value(SETTINGS.keepAliveMinutes),
    metering: {
      prices: value(SETTINGS.prices),
      comparedWith: value(SETTINGS.comparedWith),
      energyWatts: value(SETTINGS.energyWatts),
      energyUsdPerKwh: value(SETTINGS.energyUsdPerKwh),
      budgetUsdPerMonth: value(SETTINGS.budgetUsdPerMonth),
    },
  };
  return { settings: deepFreeze(settings), problems };
}

function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const child of Object.values(value)) deepFreeze(child);
  }
  return value;
}
