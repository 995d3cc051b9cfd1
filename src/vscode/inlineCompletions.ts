import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { type Disposable, DisposableStore } from '../base/disposable.ts';
import type { Logger } from '../base/logger.ts';
import type { CompletionEngine } from '../completion/completionEngine.ts';
import type { Suggestion } from '../completion/outcome.ts';
import type { CursorSnapshot } from '../completion/snapshot.ts';
import type { MinnowSettings } from '../settings/settings.ts';
import { SUGGESTION_ACCEPTED_COMMAND } from './commandTable.ts';
import { indentationOf, readablePath, takeSnapshot } from './snapshots.ts';
import { SuggestionWatch } from './suggestionWatch.ts';

export interface InlineCompletionsNeeds {
  readonly engine: CompletionEngine;
  readonly settings: (languageId: string) => MinnowSettings;
  readonly clock: Clock;
  readonly log: Logger;
  /** Whether nothing of a document may go into a prompt. */
  readonly isExcluded: (document: vscode.TextDocument) => boolean;
  /** Called when a wait for a suggestion begins; what it returns is called at the end. */
  readonly waiting: () => () => void;
}

/** Ghost text by the stable API alone: what a published extension may use. */
export function registerInlineCompletions(needs: InlineCompletionsNeeds): Disposable {
  const store = new DisposableStore();
  const watch = store.add(new SuggestionWatch(needs.clock, needs.engine));
  const provider = new InlineCompletions(needs, watch);
  store.add(vscode.languages.registerInlineCompletionItemProvider({ pattern: '**' }, provider));
  store.add(
    vscode.commands.registerCommand(SUGGESTION_ACCEPTED_COMMAND, (id: unknown) => {
      if (typeof id === 'string') watch.accepted(id);
    }),
  );
  store.add(
    vscode.workspace.onDidChangeTextDocument(({ document, contentChanges }) => {
      const changes = contentChanges.map(({ range, rangeLength, text }) => ({
        line: range.start.line,
        character: range.start.character,
        replacedChars: rangeLength,
        replacesLines: !range.isSingleLine,
        text,
      }));
      watch.changed(document.uri.toString(), changes);
    }),
  );
  store.add(
    vscode.window.onDidChangeTextEditorSelection(({ textEditor, selections }) => {
      const place = selections[0]?.active;
      if (place && textEditor === vscode.window.activeTextEditor)
        watch.cursorMoved(placeIn(textEditor.document, place));
    }),
  );
  store.add(vscode.window.onDidChangeActiveTextEditor(editor => editor && provider.prepare(editor)));
  return store;
}

class InlineCompletions implements vscode.InlineCompletionItemProvider {
  readonly #needs: InlineCompletionsNeeds;
  readonly #watch: SuggestionWatch;
  /** Where a suggestion was last shown: asked again there by hand, the user wants others. */
  #lastShown: string | undefined;

  constructor(needs: InlineCompletionsNeeds, watch: SuggestionWatch) {
    this.#needs = needs;
    this.#watch = watch;
  }

  async provideInlineCompletionItems(
    document: vscode.TextDocument,
    position: vscode.Position,
    context: vscode.InlineCompletionContext,
    token: vscode.CancellationToken,
  ): Promise<vscode.InlineCompletionItem[] | undefined> {
    // An entry of several lines cannot be continued: an item's range is a part of one line.
    if (!isEditable(document.uri.scheme) || context.selectedCompletionInfo?.text.includes('\n')) return undefined;
    const end = this.#needs.waiting();
    const { signal, dispose } = signalOf(token);
    try {
      const snapshot = { ...snapshotOf(document, position, context), isExcluded: this.#needs.isExcluded(document) };
      return await this.#suggest(snapshot, { document, signal });
    } catch (error) {
      // A bug of ours must cost a suggestion, not the editor's patience with this provider.
      this.#needs.log.error(`inline completion threw: ${error instanceof Error ? error.stack : String(error)}`);
      return undefined;
    } finally {
      dispose();
      end();
    }
  }

  /** The cursor is in another file now: its prompt can be read before the first key. */
  prepare({ document, selection }: vscode.TextEditor): void {
    if (!isEditable(document.uri.scheme)) return;
    const context = { triggerKind: vscode.InlineCompletionTriggerKind.Automatic, selectedCompletionInfo: undefined };
    this.#needs.engine.prepare(
      snapshotOf(document, selection.active, context),
      this.#needs.settings(document.languageId),
    );
  }

  async #suggest(
    snapshot: CursorSnapshot,
    { document, signal }: { document: vscode.TextDocument; signal: AbortSignal },
  ): Promise<vscode.InlineCompletionItem[] | undefined> {
    const { engine, settings } = this.#needs;
    const chosen = settings(snapshot.languageId);
    const here = `${snapshot.uri} ${snapshot.version} ${snapshot.line}:${snapshot.character}`;
    const wantsOthers = snapshot.trigger === 'invoked' && this.#lastShown === here;
    const outcome = await engine.complete(snapshot, chosen, signal);
    // Text for a document that has moved on would be drawn at the wrong place.
    if (outcome.kind !== 'shown' || signal.aborted || document.version !== snapshot.version) return undefined;
    const others = wantsOthers ? await engine.alternatives(snapshot, chosen, signal) : [];
    if (signal.aborted || document.version !== snapshot.version) return undefined;
    this.#lastShown = here;
    // Beside the list of suggestions the text on screen is not the one that would be typed; only taking it whole counts.
    if (!snapshot.selectedSuggestion) this.#watch.shown(outcome.suggestion, snapshot);
    return [outcome.suggestion, ...others].map(suggestion => itemOf(suggestion, snapshot));
  }
}

/** Documents of output channels, diffs, commit messages and chat inputs have no file system behind them that takes writes. */
function isEditable(scheme: string): boolean {
  return (
    scheme === 'untitled' ||
    scheme === 'vscode-notebook-cell' ||
    vscode.workspace.fs.isWritableFileSystem(scheme) === true
  );
}

function snapshotOf(
  document: vscode.TextDocument,
  position: vscode.Position,
  context: vscode.InlineCompletionContext,
): CursorSnapshot {
  const editor = vscode.window.visibleTextEditors.find(candidate => candidate.document === document);
  const selected = context.selectedCompletionInfo;
  return takeSnapshot({
    document,
    position,
    path: readablePath(document.uri, vscode.workspace.asRelativePath(document.uri, false)),
    trigger: context.triggerKind === vscode.InlineCompletionTriggerKind.Invoke ? 'invoked' : 'automatic',
    indentation: indentationOf(editor?.options),
    selectedSuggestion: selected && {
      text: selected.text,
      replacedChars: Math.max(0, position.character - selected.range.start.character),
    },
  });
}

function itemOf(suggestion: Suggestion, snapshot: CursorSnapshot): vscode.InlineCompletionItem {
  const { line, character, selectedSuggestion } = snapshot;
  const selected = selectedSuggestion ?? { text: '', replacedChars: 0 };
  const start = character - selected.text.length;
  const end = start + selected.replacedChars + suggestion.replacedSuffixChars;
  const range = new vscode.Range(line, start, line, end);
  const item = new vscode.InlineCompletionItem(selected.text + suggestion.text, range);
  item.command = { command: SUGGESTION_ACCEPTED_COMMAND, title: 'Suggestion accepted', arguments: [suggestion.id] };
  return item;
}

function placeIn(document: vscode.TextDocument, { line, character }: vscode.Position) {
  return { uri: document.uri.toString(), line, character };
}

function signalOf(token: vscode.CancellationToken): { signal: AbortSignal } & Disposable {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  const listening = token.onCancellationRequested(() => controller.abort());
  return { signal: controller.signal, dispose: () => listening.dispose() };
}
