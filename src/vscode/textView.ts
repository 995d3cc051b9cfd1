import * as vscode from 'vscode';
import { type Disposable, DisposableStore } from '../base/disposable.ts';

/** Read-only documents of ours, such as a diagnosis. */
export interface TextView extends Disposable {
  show(name: string, text: string): Promise<void>;
}

const SCHEME = 'minnow';

export function createTextView(): TextView {
  const store = new DisposableStore();
  /** By name, so the number of documents we make names for bounds it. */
  const texts = new Map<string, string>();
  const changed = store.add(new vscode.EventEmitter<vscode.Uri>());
  store.add(
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      onDidChange: changed.event,
      provideTextDocumentContent: uri => texts.get(uri.path) ?? '',
    }),
  );
  return {
    async show(name, text) {
      const uri = vscode.Uri.from({ scheme: SCHEME, path: name });
      texts.set(uri.path, text);
      changed.fire(uri);
      await vscode.window.showTextDocument(await vscode.workspace.openTextDocument(uri), { preview: true });
    },
    dispose: () => store.dispose(),
  };
}
