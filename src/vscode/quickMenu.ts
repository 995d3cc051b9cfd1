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
  entries.push(...toggles(facts), switchModel(facts), ...FIXED_ENTRIES);
  const isRepeated = ({ command }: MenuEntry) => command === needed?.command;
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

function switchModel({ models }: MenuFacts): MenuEntry {
  const names = [
    models.edge ?? 'none',
    ...(models.workhorse === models.edge ? [] : [`chat: ${models.workhorse ?? 'none'}`]),
  ];
  return {
    label: `$(arrow-swap) ${COMMANDS['minnow.switchModel'].title}`,
    description: escapeIcons(names.join(' · ')),
    command: 'minnow.switchModel',
  };
}

const FIXED_ENTRIES: readonly MenuEntry[] = (
  [
    ['minnow.whyNoSuggestion', 'question'],
    ['minnow.showRequests', 'list-flat'],
    ['minnow.openDashboard', 'dashboard'],
    ['minnow.openChat', 'comment-discussion'],
    ['minnow.setUp', 'rocket'],
    ['minnow.diagnose', 'pulse'],
  ] as const
).map(([command, icon]) => ({ label: `$(${icon}) ${COMMANDS[command].title}`, command }));
