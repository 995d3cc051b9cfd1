import { homedir } from 'node:os';
import * as vscode from 'vscode';
import type { Ledger } from '../metering/ledger.ts';
import type { CommandHandlers } from './commands.ts';
import type { Dashboard } from './dashboardView.ts';
import type { InspectorView } from './inspectorView.ts';

export type MeterCommandId =
  | 'minnow.openDashboard'
  | 'minnow.showRequests'
  | 'minnow.exportLedger'
  | 'minnow.deleteLedger';

export interface MeterCommandNeeds {
  readonly ledger: Ledger;
  readonly dashboard: Dashboard;
  readonly inspector: InspectorView;
}

export function meterCommands(needs: MeterCommandNeeds): Pick<CommandHandlers, MeterCommandId> {
  return {
    'minnow.openDashboard': () => needs.dashboard.show(),
    'minnow.showRequests': () => needs.inspector.show(),
    'minnow.exportLedger': () => exportLedger(needs.ledger),
    'minnow.deleteLedger': () => deleteLedger(needs.ledger),
  };
}

async function exportLedger(ledger: Ledger): Promise<void> {
  const target = await vscode.window.showSaveDialog({
    title: 'Export Minnow’s Ledger',
    defaultUri: vscode.Uri.joinPath(vscode.Uri.file(homedir()), 'minnow-ledger.csv'),
    filters: { CSV: ['csv'], 'JSON lines in OpenTelemetry’s names': ['json', 'jsonl'] },
  });
  if (target?.scheme !== 'file') return;
  const format = /\.jsonl?$/i.test(target.path) ? 'json' : 'csv';
  const exported = await ledger.exportTo({ file: target.fsPath, format });
  if (exported.ok) void vscode.window.showInformationMessage(`Exported to ${exported.value.join(' and ')}.`);
  else void vscode.window.showErrorMessage(`Minnow could not export: ${exported.error.detail}`);
}

async function deleteLedger(ledger: Ledger): Promise<void> {
  const detail =
    'Every request and what became of every suggestion, from the ledger on this machine. It cannot be undone.';
  const question = 'Delete all that Minnow has measured?';
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, 'Delete')) !== 'Delete') return;
  const deleted = await ledger.deleteAll();
  if (!deleted.ok) void vscode.window.showErrorMessage(`Minnow could not delete: ${deleted.error.detail}`);
}
