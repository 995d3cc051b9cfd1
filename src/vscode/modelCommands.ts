import * as vscode from 'vscode';
import type { Rung } from '../metering/requestRecord.ts';
import type { Inventory } from '../models/inventory.ts';
import type { EndpointSetting, MinnowSettings } from '../settings/settings.ts';
import type { KeyStore } from './keyStore.ts';
import { type ModelChoice, modelGroups, RUNG_PURPOSES } from './modelChoices.ts';
import { heading, type PickItem, pickFrom } from './pickers.ts';

export interface ModelCommandNeeds {
  readonly settings: () => MinnowSettings;
  readonly inventory: Inventory;
  readonly keys: KeyStore;
}

const RUNGS = Object.keys(RUNG_PURPOSES) as Rung[];

/** Asks for a rung where none is given, then lists what every server has. */
export async function switchModel(
  { inventory, settings }: ModelCommandNeeds,
  given: string | undefined,
): Promise<void> {
  const rung = RUNGS.find(known => known === given) ?? (await pickRung(settings()));
  if (!rung) return;
  const title = `The model for ${RUNG_PURPOSES[rung]}`;
  const looking = new AbortController();
  const listed = inventory.listEndpoints(looking.signal).then(reports => {
    const groups = modelGroups(rung, reports, settings());
    const items = groups.flatMap(group => [heading(group.title), ...group.choices.map(toItem)]);
    return { title, placeholder: 'Each runs where its sign says: a lock is this machine.', items };
  });
  const reference = await pickFrom<string>(listed, title);
  looking.abort();
  if (reference === undefined) return;
  await vscode.workspace
    .getConfiguration('minnow')
    .update(`ladder.${rung}`, reference === '' ? undefined : reference, vscode.ConfigurationTarget.Global);
}

function toItem({ reference, ...texts }: ModelChoice): PickItem<string> {
  return { ...texts, ...(reference !== undefined && { value: reference }) };
}

async function pickRung({ ladder }: MinnowSettings): Promise<Rung | undefined> {
  const items = RUNGS.map(rung => {
    const chosen = ladder[rung];
    const now = chosen ? `${chosen.endpoint}/${chosen.model}` : rung === 'foundation' ? 'none' : 'chosen by Minnow';
    return { label: `For ${RUNG_PURPOSES[rung]}`, description: now, value: rung };
  });
  return pickFrom(Promise.resolve({ title: 'Switch which model?', items }), 'Switch which model?');
}

/** Shows the address that the key will go to, and no other. */
export async function setApiKey(
  { settings, keys, inventory }: ModelCommandNeeds,
  given: string | undefined,
): Promise<void> {
  const { endpoints } = settings();
  const endpoint = endpoints.find(({ name }) => name === given) ?? (await pickEndpoint(endpoints));
  if (!endpoint) return;
  const { origin } = new URL(endpoint.url);
  const key = await vscode.window.showInputBox({
    title: `API key for ${endpoint.name}`,
    prompt: `Kept in this machine's keychain and sent to ${origin} alone. Leave it empty to delete the key.`,
    password: true,
    ignoreFocusOut: true,
  });
  if (key === undefined) return;
  await keys.setKeyFor(endpoint.url, key);
  await inventory.refresh();
}

async function pickEndpoint(endpoints: readonly EndpointSetting[]): Promise<EndpointSetting | undefined> {
  if (endpoints.length === 0) {
    const choice = await vscode.window.showInformationMessage(
      'No endpoint is defined yet. A key belongs to the address of one.',
      'Open Setting',
    );
    if (choice) await vscode.commands.executeCommand('minnow.openSettings', 'minnow.endpoints');
    return undefined;
  }
  const items = endpoints.map(endpoint => ({
    label: endpoint.name,
    description: new URL(endpoint.url).origin,
    value: endpoint,
  }));
  const title = 'The key for which endpoint?';
  return pickFrom(Promise.resolve({ title, items }), title);
}
