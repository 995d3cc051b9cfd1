import type { Rung } from '../metering/requestRecord.ts';
import { COMMANDS, type CommandId } from './commandTable.ts';
import { escapeIcons } from './markdownText.ts';
import { splitSentences } from './sentences.ts';
import type { StatusFacts, StatusItem } from './statusText.ts';

/** One entry of the menu behind the status bar item. */
export interface MenuEntry {
  readonly label: string;
  readonly description?: string;
  readonly detail?: string;
  readonly command: CommandId;
  readonly argument?: string;
}

export interface MenuFacts {
  readonly status: StatusItem;
  readonly completions: StatusFacts['completions'];
  readonly languageId: string | undefined;
  /** The model of each rung, as people read it. */
  readonly models: { readonly [rung in Rung]?: string | undefined };
}

export interface Menu {
  /** The state in words. */
  readonly title: string;
  /** At most ten; what the state needs comes first. */
  readonly entries: readonly MenuEntry[];
}

const MAX_ENTRIES = 10;

export function quickMenu(facts: MenuFacts): Menu {
  const { first, rest } = splitSentences(facts.status.label);
  const needed = facts.status.action;
  const entries: MenuEntry[] = [];
  if (needed)
    entries.push({ ...needed, label: `$(arrow-right) ${needed.title}`, ...(rest && { detail: escapeIcons(rest) }) });
  entries.push(...toggles(facts), ...modelEntries(facts), ...FIXED_ENTRIES);
  const isRepeated = ({ command, argument }: MenuEntry) => command === needed?.command && argument === needed?.argument;
  const unique = entries.filter((entry, index) => index === 0 || !isRepeated(entry));
  return { title: first, entries: unique.slice(0, MAX_ENTRIES) };
}

function toggles({ completions, languageId }: MenuFacts): readonly MenuEntry[] {
  const everywhere: MenuEntry = {
    label: completions === 'offEverywhere' ? '$(play) Turn Completions On' : '$(circle-slash) Turn Completions Off',
    description: 'everywhere',
    command: 'minnow.toggleCompletions',
  };
  if (completions === 'offEverywhere' || languageId === undefined) return [everywhere];
  const here: MenuEntry = {
    label: completions === 'offForLanguage' ? '$(play) Turn Completions On' : '$(circle-slash) Turn Completions Off',
    description: `for ${languageId}`,
    command: 'minnow.toggleCompletionsForLanguage',
  };
  return [everywhere, here];
}

function modelEntries({ models }: MenuFacts): readonly MenuEntry[] {
  const entry = (rung: 'edge' | 'workhorse', purpose: string): MenuEntry => ({
    label: `$(arrow-swap) Switch Model for ${purpose}`,
    description: escapeIcons(models[rung] ?? 'none'),
    command: 'minnow.switchModel',
    argument: rung,
  });
  return [entry('edge', 'Suggestions'), entry('workhorse', 'Chat')];
}

const FIXED_ENTRIES: readonly MenuEntry[] = (
  [
    ['minnow.whyNoSuggestion', 'question'],
    ['minnow.setUp', 'rocket'],
    ['minnow.openSettings', 'gear'],
    ['minnow.showLog', 'output'],
    ['minnow.diagnose', 'pulse'],
  ] as const
).map(([command, icon]) => ({ label: `$(${icon}) ${COMMANDS[command].title}`, command }));
