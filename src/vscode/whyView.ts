import * as vscode from 'vscode';
import { heading, type PickItem, pickFrom } from './pickers.ts';
import { splitSentences } from './sentences.ts';
import type { WhyReport, WhyRow } from './whyReport.ts';

interface Choice {
  readonly command: string;
  readonly argument?: string;
}

/** "Why No Suggestion?" as a list of the editor's own: readable by every screen reader, gone with Escape. */
export async function showWhy(report: WhyReport): Promise<void> {
  const { first, rest } = splitSentences(report.headline);
  const items = [...headItems(report, rest), ...rowItems(report.rows)];
  const pick = { title: first, placeholder: 'Minnow: Why No Suggestion?', items };
  const chosen = await pickFrom<Choice>(Promise.resolve(pick), first);
  if (chosen) await vscode.commands.executeCommand(chosen.command, chosen.argument);
}

function headItems({ action, settingKey }: WhyReport, detail: string): readonly PickItem<Choice>[] {
  const items: PickItem<Choice>[] = [];
  if (action) items.push({ label: `$(arrow-right) ${action.title}`, detail, value: action });
  if (settingKey) {
    const value = { command: 'minnow.openSettings', argument: settingKey };
    items.push({ label: '$(gear) Open Setting', description: settingKey, value });
  }
  items.push({ label: '$(output) Show Log', value: { command: 'minnow.showLog' } });
  return items;
}

function rowItems(rows: readonly WhyRow[]): readonly PickItem<Choice>[] {
  if (rows.length === 0) return [];
  const items = rows.map(({ time, word, sentence, took, settingKey }) => ({
    label: `${time}  ${word}`,
    description: took ? `${sentence} (${took})` : sentence,
    ...(settingKey && {
      gear: { tooltip: `Open ${settingKey}`, value: { command: 'minnow.openSettings', argument: settingKey } },
    }),
  }));
  return [heading('the last triggers'), ...items];
}
