import * as vscode from 'vscode';

/** What a list shows while it is open, and what a choice does. */
export interface Pick<T> {
  readonly title: string;
  readonly placeholder?: string;
  readonly items: readonly PickItem<T>[];
}

/** With `value` an entry; without one a heading or a text that cannot be chosen. */
export interface PickItem<T> extends vscode.QuickPickItem {
  readonly value?: T;
  /** What the button at the entry's end does, such as opening the setting that governs it. */
  readonly gear?: { readonly tooltip: string; readonly value: T };
}

/** Opens at once, with a progress line while the entries are awaited; undefined when the user leaves without a choice. */
export async function pickFrom<T>(pick: Pick<T> | Promise<Pick<T>>, title: string): Promise<T | undefined> {
  const list = vscode.window.createQuickPick<PickItem<T>>();
  list.title = title;
  list.matchOnDescription = true;
  list.matchOnDetail = true;
  list.busy = true;
  list.show();
  const chosen = new Promise<T | undefined>(resolve => {
    list.onDidAccept(() => {
      const value = list.selectedItems[0]?.value;
      if (value !== undefined) resolve(value);
    });
    list.onDidTriggerItemButton(({ item }) => resolve(item.gear?.value));
    list.onDidHide(() => resolve(undefined));
  });
  try {
    const ready = await Promise.race([pick, chosen.then(() => undefined)]);
    if (ready) {
      list.busy = false;
      list.title = ready.title;
      list.placeholder = ready.placeholder;
      list.items = ready.items.map(withButton);
    }
    return await chosen;
  } finally {
    list.dispose();
  }
}

function withButton<T>(item: PickItem<T>): PickItem<T> {
  if (!item.gear) return item;
  return { ...item, buttons: [{ iconPath: new vscode.ThemeIcon('gear'), tooltip: item.gear.tooltip }] };
}

export function heading(label: string): vscode.QuickPickItem {
  return { label, kind: vscode.QuickPickItemKind.Separator };
}
