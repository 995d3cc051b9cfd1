import * as vscode from 'vscode';
import { assertNever } from '../base/assert.ts';
import type { Inventory } from '../models/inventory.ts';
import type { MinnowSettings } from '../settings/settings.ts';
import { pickFrom } from './pickers.ts';
import { type SetUpDeed, setUpChoices } from './setUpChoices.ts';

export interface SetUpNeeds {
  readonly settings: () => MinnowSettings;
  readonly inventory: Inventory;
}

/** Shows what was found and what there always is. */
export async function setUp({ inventory, settings }: SetUpNeeds): Promise<void> {
  const title = 'Where should suggestions come from?';
  const looking = new AbortController();
  const found = inventory.listEndpoints(looking.signal).then(reports => {
    const choices = setUpChoices(reports, { hasEmbedded: settings().embedded.enabled });
    return { title, items: choices.map(choice => ({ ...choice, value: choice.does })) };
  });
  const deed = await pickFrom<SetUpDeed>(found, title);
  looking.abort();
  if (deed) await perform(deed);
}

async function perform(deed: SetUpDeed): Promise<void> {
  switch (deed.kind) {
    case 'command':
      await vscode.commands.executeCommand(deed.command, deed.argument);
      return;
    case 'useModel':
      await vscode.workspace
        .getConfiguration('minnow')
        .update('ladder.edge', deed.reference, vscode.ConfigurationTarget.Global);
      return;
    case 'visit':
      await vscode.env.openExternal(vscode.Uri.parse(deed.address));
      return;
    default:
      assertNever(deed);
  }
}
