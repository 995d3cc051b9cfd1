import * as vscode from 'vscode';
import { type Disposable, DisposableStore } from '../base/disposable.ts';
import { acceptHunk, type Hunk, hunkAt, hunksOf, rejectHunk } from '../chat/hunks.ts';
import { refusalFor } from './applyCode.ts';

/** Proposals live in memory, on the right side of the editor's own diff view, where they can also be edited by hand. */
export const PROPOSAL_SCHEME = 'minnow-edit';
/** While a proposal is shown and while it is still coming: for keys and buttons. */
const SHOWN_CONTEXT = 'minnow:proposalShown';
const STREAMING_CONTEXT = 'minnow:proposalStreaming';

export interface Proposal {
  /** The whole document as proposed so far. */
  show(text: string): void;
  /** The answer is complete: from now on the proposal can be taken. */
  complete(): void;
}

export interface ProposedEdits extends Disposable {
  open(document: vscode.TextDocument, onDiscard: () => void): Promise<Proposal>;
  accept(): Promise<void>;
  acceptHunkAtCursor(): Promise<void>;
  rejectHunkAtCursor(): Promise<void>;
  discard(): Promise<void>;
}

interface Open {
  readonly document: vscode.TextDocument;
  readonly uri: vscode.Uri;
  readonly onDiscard: () => void;
}

/** One proposal at a time; opening another discards the first. A file is changed only by `accept`, in one undo step. */
export function createProposedEdits(): ProposedEdits {
  const store = new DisposableStore();
  const files = new ProposalFiles();
  store.add(files);
  store.add(vscode.workspace.registerFileSystemProvider(PROPOSAL_SCHEME, files, { isCaseSensitive: true }));
  let open: Open | undefined;
  let count = 0;

  async function close(): Promise<void> {
    const closing = open;
    open = undefined;
    await setContext(SHOWN_CONTEXT, false);
    await setContext(STREAMING_CONTEXT, false);
    if (!closing) return;
    await closeTab(closing.uri);
    files.remove(closing.uri);
  }

  store.add(
    vscode.workspace.onDidCloseTextDocument(document => {
      if (open && document.uri.toString() === open.uri.toString()) {
        open.onDiscard();
        void close();
      }
    }),
  );

  return {
    async open(document, onDiscard) {
      open?.onDiscard();
      await close();
      const name = document.uri.path.split('/').at(-1) ?? 'file';
      const uri = vscode.Uri.from({ scheme: PROPOSAL_SCHEME, path: `/${++count}/${name}` });
      files.write(uri, document.getText());
      open = { document, uri, onDiscard };
      await setContext(SHOWN_CONTEXT, true);
      await setContext(STREAMING_CONTEXT, true);
      await vscode.commands.executeCommand('vscode.diff', document.uri, uri, `${name}: proposed edit`);
      return {
        show: text => files.write(uri, text),
        complete: () => void setContext(STREAMING_CONTEXT, false),
      };
    },
    async accept() {
      if (!open) return;
      const { document, uri } = open;
      if (await replaceText(document, files.text(uri))) await close();
    },
    async acceptHunkAtCursor() {
      const found = await hunkUnderCursor(open, files);
      if (found) await replaceText(found.document, acceptHunk(found.original, found.proposed, found.hunk));
    },
    async rejectHunkAtCursor() {
      const found = await hunkUnderCursor(open, files);
      if (found && open) files.write(open.uri, rejectHunk(found.original, found.proposed, found.hunk));
    },
    async discard() {
      open?.onDiscard();
      await close();
    },
    dispose: () => store.dispose(),
  };
}

async function hunkUnderCursor(open: Open | undefined, files: ProposalFiles) {
  if (!open) return undefined;
  const original = open.document.getText();
  const proposed = files.text(open.uri);
  const editor = vscode.window.visibleTextEditors.find(
    ({ document }) => document.uri.toString() === open.uri.toString(),
  );
  const hunk: Hunk | undefined = hunkAt(hunksOf(original, proposed), editor?.selection.active.line ?? 0);
  return hunk && { document: open.document, original, proposed, hunk };
}

async function replaceText(document: vscode.TextDocument, text: string): Promise<boolean> {
  const refusal = await refusalFor(document.uri);
  if (refusal) {
    void vscode.window.showWarningMessage(`Minnow: ${refusal}`);
    return false;
  }
  const edit = new vscode.WorkspaceEdit();
  const whole = new vscode.Range(new vscode.Position(0, 0), document.lineAt(document.lineCount - 1).range.end);
  edit.replace(document.uri, whole, text);
  return vscode.workspace.applyEdit(edit);
}

async function closeTab(uri: vscode.Uri): Promise<void> {
  const tab = vscode.window.tabGroups.all
    .flatMap(group => group.tabs)
    .find(({ input }) => input instanceof vscode.TabInputTextDiff && input.modified.toString() === uri.toString());
  const editor = vscode.workspace.textDocuments.find(document => document.uri.toString() === uri.toString());
  if (editor?.isDirty) await editor.save(); // so that closing asks nothing; it is only memory
  if (tab) await vscode.window.tabGroups.close(tab);
}

function setContext(key: string, value: boolean): Thenable<unknown> {
  return vscode.commands.executeCommand('setContext', key, value);
}

/** A file system of proposals, in memory. */
class ProposalFiles implements vscode.FileSystemProvider, Disposable {
  readonly #texts = new Map<string, { readonly bytes: Uint8Array; readonly version: number }>();
  readonly #changed = new vscode.EventEmitter<vscode.FileChangeEvent[]>();
  readonly onDidChangeFile = this.#changed.event;

  text(uri: vscode.Uri): string {
    // What the user changed by hand stands in the open document before it is saved.
    const open = vscode.workspace.textDocuments.find(document => document.uri.toString() === uri.toString());
    return open?.isDirty ? open.getText() : new TextDecoder().decode(this.readFile(uri));
  }

  write(uri: vscode.Uri, text: string): void {
    this.writeFile(uri, new TextEncoder().encode(text));
  }

  remove(uri: vscode.Uri): void {
    this.#texts.delete(uri.toString());
  }

  watch(): vscode.Disposable {
    return new vscode.Disposable(() => {});
  }

  stat(uri: vscode.Uri): vscode.FileStat {
    const { bytes, version } = this.#find(uri);
    return { type: vscode.FileType.File, ctime: 0, mtime: version, size: bytes.length };
  }

  readFile(uri: vscode.Uri): Uint8Array {
    return this.#find(uri).bytes;
  }

  writeFile(uri: vscode.Uri, bytes: Uint8Array): void {
    const version = (this.#texts.get(uri.toString())?.version ?? 0) + 1;
    this.#texts.set(uri.toString(), { bytes, version });
    this.#changed.fire([{ type: vscode.FileChangeType.Changed, uri }]);
  }

  readDirectory(): [string, vscode.FileType][] {
    return [];
  }

  createDirectory(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  delete(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  rename(uri: vscode.Uri): void {
    throw vscode.FileSystemError.NoPermissions(uri);
  }

  dispose(): void {
    this.#changed.dispose();
    this.#texts.clear();
  }

  #find(uri: vscode.Uri) {
    const found = this.#texts.get(uri.toString());
    if (!found) throw vscode.FileSystemError.FileNotFound(uri);
    return found;
  }
}
