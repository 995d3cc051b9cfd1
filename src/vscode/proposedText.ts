import * as vscode from 'vscode';
import { type Disposable, DisposableStore } from '../base/disposable.ts';

const SCHEME = 'minnow-proposed';

/** Shows a change before it is made, in the editor's own diff view. */
export interface ProposedText extends Disposable {
  /** True only when the user, having the diff before them, said yes. */
  confirm(document: vscode.TextDocument, range: vscode.Range, text: string): Promise<boolean>;
}

export function createProposedText(): ProposedText {
  const store = new DisposableStore();
  /** One proposal at a time: a second one takes the first one's place. */
  let shown: { readonly uri: vscode.Uri; readonly text: string } | undefined;
  store.add(
    vscode.workspace.registerTextDocumentContentProvider(SCHEME, {
      provideTextDocumentContent: uri => (uri.toString() === shown?.uri.toString() ? shown.text : ''),
    }),
  );
  let proposals = 0;
  return {
    async confirm(document, range, text) {
      const name = vscode.workspace.asRelativePath(document.uri);
      // A number makes each proposal a document of its own: the editor keeps the content of a known one.
      const uri = vscode.Uri.from({ scheme: SCHEME, path: `/${name}`, query: String(++proposals) });
      shown = { uri, text: replaced(document, range, text) };
      await vscode.commands.executeCommand('vscode.diff', document.uri, uri, `${name}: proposed change`);
      const answer = await vscode.window.showInformationMessage(`Apply the change to ${name}?`, 'Apply', 'Discard');
      await closeDiff(uri);
      return answer === 'Apply';
    },
    dispose: () => store.dispose(),
  };
}

function replaced(document: vscode.TextDocument, range: vscode.Range, text: string): string {
  const whole = document.getText();
  return whole.slice(0, document.offsetAt(range.start)) + text + whole.slice(document.offsetAt(range.end));
}

async function closeDiff(uri: vscode.Uri): Promise<void> {
  const tabs = vscode.window.tabGroups.all.flatMap(group => group.tabs);
  const diff = tabs.find(
    ({ input }) => input instanceof vscode.TabInputTextDiff && input.modified.toString() === uri.toString(),
  );
  if (diff) await vscode.window.tabGroups.close(diff);
}
