import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { type Disposable, DisposableSlot, DisposableStore } from '../base/disposable.ts';
import type { Logger } from '../base/logger.ts';
import type { ContextSource } from '../completion/context/contextSource.ts';
import { holdsSecret, looksSecret } from '../completion/context/exclusion.ts';
import { createGatheredContext, type GatherPlace } from '../completion/context/gatheredContext.ts';
import { IgnoreRules } from '../completion/context/ignoreRules.ts';
import { RecentEdits } from '../completion/context/recentEdits.ts';
import { createGatherers, RecentViews } from './contextGatherers.ts';

/** After coming to a file: long enough for the language server to have looked at it. */
const AFTER_SWITCH_MS = 250;
/** After the last keystroke: a pause in which nobody waits for a suggestion. */
const AFTER_TYPING_MS = 2_500;
const LINES_AROUND = 30;
/** Text read of a file for a look at whether it holds keys. */
const SECRET_LOOK_CHARS = 20_000;

export interface ContextGathering extends Disposable {
  readonly source: ContextSource;
  /** Whether a document must not be read at all; unknown counts as excluded until its folder's rules were read. */
  isExcluded(document: vscode.TextDocument): boolean;
}

/** Watches the editor and gathers between the bursts of typing. In an untrusted folder only the open file is read. */
export function createContextGathering({
  clock,
  log,
}: {
  readonly clock: Clock;
  readonly log: Logger;
}): ContextGathering {
  const store = new DisposableStore();
  const edits = new RecentEdits();
  const views = new RecentViews();
  const rules = new FolderRules();
  store.add(rules);
  const gathered = store.add(
    createGatheredContext({
      clock,
      log,
      repository: vscode.workspace.workspaceFolders?.[0]?.name ?? 'workspace',
      gatherers: createGatherers(edits, views),
      isIgnored: path => rules.isIgnoredPath(path),
    }),
  );
  const timer = store.add(new DisposableSlot());
  const gatherAfter = (delayMs: number) => {
    timer.value = clock.after(delayMs, () => {
      const place = placeOf(vscode.window.activeTextEditor);
      if (place && vscode.workspace.isTrusted) void gathered.refresh(place);
    });
  };
  store.add(
    vscode.window.onDidChangeActiveTextEditor(editor => {
      if (editor) void rules.look(editor.document);
      gatherAfter(AFTER_SWITCH_MS);
    }),
  );
  store.add(
    vscode.window.onDidChangeTextEditorVisibleRanges(({ textEditor, visibleRanges }) => {
      const range = visibleRanges[0];
      if (range) views.note(textEditor.document.uri.toString(), range.start.line, range.end.line);
    }),
  );
  store.add(
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      for (const { range, text } of contentChanges) {
        const added = text.split('\n').length - 1;
        const lines = { firstLine: range.start.line, lastLine: range.start.line + added };
        edits.note({ uri: document.uri.toString(), ...lines, atMs: clock.nowMs() });
      }
      gatherAfter(AFTER_TYPING_MS);
    }),
  );
  store.add(vscode.workspace.onDidSaveTextDocument(() => gatherAfter(AFTER_SWITCH_MS)));
  const open = vscode.window.activeTextEditor;
  if (open) void rules.look(open.document);
  gatherAfter(AFTER_SWITCH_MS);
  return {
    source: gathered,
    isExcluded: document => rules.isExcluded(document),
    dispose: () => store.dispose(),
  };
}

function placeOf(editor: vscode.TextEditor | undefined): GatherPlace | undefined {
  if (!editor) return undefined;
  const { document, selection } = editor;
  const line = selection.active.line;
  const first = Math.max(0, line - LINES_AROUND);
  const last = Math.min(document.lineCount - 1, line + LINES_AROUND / 2);
  return {
    uri: document.uri.toString(),
    path: vscode.workspace.asRelativePath(document.uri),
    languageId: document.languageId,
    line,
    around: document.getText(new vscode.Range(first, 0, last, 0)),
  };
}

/** The ignore rules of every workspace folder, and what they say of the documents seen so far. */
class FolderRules implements Disposable {
  readonly #store = new DisposableStore();
  readonly #rules = new Map<string, IgnoreRules>();
  /** By document: kept while it is open. */
  readonly #verdicts = new Map<string, boolean>();

  constructor() {
    const watcher = this.#store.add(vscode.workspace.createFileSystemWatcher('**/{.gitignore,.minnowignore}'));
    const changed = () => {
      for (const rules of this.#rules.values()) rules.clear();
      this.#verdicts.clear();
      const open = vscode.window.activeTextEditor;
      if (open) void this.look(open.document);
    };
    for (const event of [watcher.onDidChange, watcher.onDidCreate, watcher.onDidDelete])
      this.#store.add(event(changed));
    this.#store.add(vscode.workspace.onDidCloseTextDocument(({ uri }) => void this.#verdicts.delete(uri.toString())));
  }

  /** Reads the rules that speak of a document, so that `isExcluded` knows. */
  async look(document: vscode.TextDocument): Promise<boolean> {
    const excluded = (await this.#isIgnored(document.uri)) || isSecret(document);
    this.#verdicts.set(document.uri.toString(), excluded);
    return excluded;
  }

  isExcluded(document: vscode.TextDocument): boolean {
    if (document.isUntitled) return false;
    const known = this.#verdicts.get(document.uri.toString());
    if (known === undefined) void this.look(document);
    return known ?? looksSecret(document.uri.path);
  }

  async isIgnoredPath(path: string): Promise<boolean> {
    for (const folder of vscode.workspace.workspaceFolders ?? []) {
      if (await this.#rulesOf(folder).isIgnored(withoutFolderName(path, folder))) return true;
    }
    return false;
  }

  dispose(): void {
    this.#store.dispose();
  }

  async #isIgnored(uri: vscode.Uri): Promise<boolean> {
    const folder = vscode.workspace.getWorkspaceFolder(uri);
    // A file outside of every folder was opened by hand, and no folder's rules speak of it.
    if (!folder) return false;
    return this.#rulesOf(folder).isIgnored(vscode.workspace.asRelativePath(uri, false));
  }

  #rulesOf(folder: vscode.WorkspaceFolder): IgnoreRules {
    const key = folder.uri.toString();
    const known = this.#rules.get(key);
    if (known) return known;
    const rules = new IgnoreRules(async path => {
      try {
        return new TextDecoder().decode(await vscode.workspace.fs.readFile(vscode.Uri.joinPath(folder.uri, path)));
      } catch (error) {
        if (error instanceof vscode.FileSystemError && error.code === 'FileNotFound') return undefined;
        throw error;
      }
    });
    this.#rules.set(key, rules);
    return rules;
  }
}

/** With several folders open, the editor puts the folder's name in front of a relative path. */
function withoutFolderName(path: string, folder: vscode.WorkspaceFolder): string {
  return path.startsWith(`${folder.name}/`) ? path.slice(folder.name.length + 1) : path;
}

function isSecret(document: vscode.TextDocument): boolean {
  if (looksSecret(document.uri.path)) return true;
  const end = document.positionAt(SECRET_LOOK_CHARS);
  return holdsSecret(document.getText(new vscode.Range(new vscode.Position(0, 0), end)));
}
