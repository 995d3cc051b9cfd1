import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import type { CompletionEngine } from '../completion/completionEngine.ts';
import type { Inventory } from '../models/inventory.ts';
import type { MinnowSettings } from '../settings/settings.ts';
import type { ChatCommandId } from './chatCommands.ts';
import type { CommandHandlers } from './commands.ts';
import { diagnosisText } from './diagnosis.ts';
import type { EditCommandId } from './editCommands.ts';
import type { EditorState } from './editorState.ts';
import type { KeyStore } from './keyStore.ts';
import type { Log } from './log.ts';
import type { MeterCommandId } from './meterCommands.ts';
import { setApiKey, switchModel } from './modelCommands.ts';
import { pickFrom } from './pickers.ts';
import { quickMenu } from './quickMenu.ts';
import { setUp } from './setUp.ts';
import { renderStatus } from './statusText.ts';
import type { TextView } from './textView.ts';
import { whyReport } from './whyReport.ts';
import { showWhy } from './whyView.ts';

export interface CommandNeeds {
  readonly clock: Clock;
  readonly log: Log;
  readonly settings: () => MinnowSettings;
  readonly inventory: Inventory;
  readonly engine: CompletionEngine;
  readonly state: EditorState;
  readonly keys: KeyStore;
  readonly languageId: () => string | undefined;
  readonly restartEmbedded: () => Promise<unknown>;
  readonly versions: { readonly [what: string]: string };
  readonly textView: TextView;
}

export function commandHandlers(
  needs: CommandNeeds,
): Omit<CommandHandlers, ChatCommandId | EditCommandId | MeterCommandId> {
  const { inventory, settings, log } = needs;
  return {
    'minnow.showMenu': () => showMenu(needs),
    'minnow.triggerCompletion': () => vscode.commands.executeCommand('editor.action.inlineSuggest.trigger'),
    'minnow.toggleCompletions': () => write('completion.enabled', !settings().completion.enabled),
    'minnow.toggleCompletionsForLanguage': () => toggleLanguage(needs),
    'minnow.whyNoSuggestion': () =>
      showWhy(
        whyReport(needs.engine.recentOutcomes(), {
          nowMs: needs.clock.nowMs(),
          problem: inventory.report('edge').problem,
        }),
      ),
    'minnow.switchModel': rung => switchModel(needs, rung),
    'minnow.setUp': () => setUp(needs),
    'minnow.setApiKey': endpoint => setApiKey(needs, endpoint),
    'minnow.copyPullCommand': command => copyPullCommand(inventory, command),
    'minnow.lookAgain': () => inventory.refresh(),
    'minnow.restartEmbeddedEngine': () => needs.restartEmbedded(),
    'minnow.openSettings': key => openSettings(key),
    'minnow.showLog': () => log.show(),
    'minnow.diagnose': () => diagnose(needs),
  };
}

async function diagnose({ settings, inventory, engine, versions, textView }: CommandNeeds): Promise<void> {
  const title = 'Minnow asks every server what it has';
  const location = vscode.ProgressLocation.Notification;
  const endpoints = await vscode.window.withProgress({ location, title, cancellable: true }, (_, token) => {
    const looking = new AbortController();
    token.onCancellationRequested(() => looking.abort());
    return inventory.listEndpoints(looking.signal);
  });
  const rungs = {
    edge: inventory.report('edge'),
    workhorse: inventory.report('workhorse'),
    foundation: inventory.report('foundation'),
  };
  const outcomes = engine.recentOutcomes();
  await textView.show(
    'Minnow Diagnosis.md',
    diagnosisText({ versions, settings: settings(), rungs, endpoints, outcomes }),
  );
}

async function showMenu(needs: CommandNeeds): Promise<void> {
  const nameOf = (rung: 'edge' | 'workhorse') => needs.inventory.report(rung).candidate?.model.name;
  const status = needs.state.status();
  const menu = quickMenu({
    status: renderStatus(status),
    completions: status.completions,
    languageId: needs.languageId(),
    models: { edge: nameOf('edge'), workhorse: nameOf('workhorse') },
  });
  const items = menu.entries.map(entry => ({ ...entry, value: entry }));
  const chosen = await pickFrom(Promise.resolve({ title: menu.title, items }), menu.title);
  if (chosen) await vscode.commands.executeCommand(chosen.command, chosen.argument);
}

async function toggleLanguage({ settings, languageId }: CommandNeeds): Promise<void> {
  const language = languageId();
  if (language === undefined) {
    void vscode.window.showInformationMessage('Open a file first: suggestions are turned on and off for its language.');
    return;
  }
  const { disabledLanguages } = settings().completion;
  const without = disabledLanguages.filter(other => other !== language);
  await write(
    'completion.disabledLanguages',
    without.length < disabledLanguages.length ? without : [...disabledLanguages, language],
  );
}

async function copyPullCommand(inventory: Inventory, given: string | undefined): Promise<void> {
  const command = given ?? missingModelCommand(inventory);
  if (command === undefined) {
    void vscode.window.showInformationMessage('No model is missing from a server that can pull one.');
    return;
  }
  await vscode.env.clipboard.writeText(command);
  void vscode.window.showInformationMessage(`Copied: ${command}`);
}

function missingModelCommand(inventory: Inventory): string | undefined {
  for (const rung of ['edge', 'workhorse'] as const) {
    const { problem } = inventory.report(rung);
    if (problem?.kind === 'modelMissing' && problem.pullCommand !== undefined) return problem.pullCommand;
  }
  return undefined;
}

function openSettings(key: string | undefined): Thenable<unknown> {
  const query = key === undefined ? '@ext:minnow.minnow' : `@id:${key}`;
  return vscode.commands.executeCommand('workbench.action.openSettings', query);
}

/** Where the value that counts stands: writing the user's own beside a workspace's would change nothing. */
async function write(key: string, value: unknown): Promise<void> {
  const configuration = vscode.workspace.getConfiguration('minnow');
  const { Global, Workspace } = vscode.ConfigurationTarget;
  const target = configuration.inspect(key)?.workspaceValue === undefined ? Global : Workspace;
  await configuration.update(key, value, target);
}
