import * as vscode from 'vscode';
import type { Disposable } from '../base/disposable.ts';

/** Of a function around a problem; a longer one is cut to this many lines around it. */
const LINES_AROUND_MAX = 40;

/** What a code action of ours asks for; the commands find the rest in the editor. */
export interface CodeActionWish {
  readonly instruction: string;
  readonly range: vscode.Range;
}

/** Light bulbs: fix a problem, and what can be done with a selection. Costs nothing until one is chosen. */
export function registerCodeActions(): Disposable {
  return vscode.languages.registerCodeActionsProvider(
    [{ scheme: 'file' }, { scheme: 'untitled' }, { scheme: 'vscode-remote' }],
    { provideCodeActions },
    { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix, vscode.CodeActionKind.RefactorRewrite] },
  );
}

async function provideCodeActions(
  document: vscode.TextDocument,
  range: vscode.Range,
  context: vscode.CodeActionContext,
): Promise<vscode.CodeAction[]> {
  const actions: vscode.CodeAction[] = [];
  const [problem] = context.diagnostics;
  if (problem) actions.push(await fixAction(document, problem));
  if (!range.isEmpty && context.triggerKind === vscode.CodeActionTriggerKind.Invoke) {
    actions.push(
      action('Edit with Minnow…', 'minnow.editSelection'),
      action('Document with Minnow', 'minnow.document'),
      action('Explain with Minnow', 'minnow.explain'),
      action('Write Tests with Minnow', 'minnow.writeTests'),
    );
  }
  return actions;
}

async function fixAction(document: vscode.TextDocument, problem: vscode.Diagnostic): Promise<vscode.CodeAction> {
  const fix = new vscode.CodeAction('Fix with Minnow', vscode.CodeActionKind.QuickFix);
  fix.diagnostics = [problem];
  const wish: CodeActionWish = {
    instruction: `Fix this problem on line ${problem.range.start.line + 1}: ${problem.message}`,
    range: await rangeAround(document, problem.range),
  };
  fix.command = { command: 'minnow.fix', title: fix.title, arguments: [wish] };
  return fix;
}

function action(title: string, command: string): vscode.CodeAction {
  const made = new vscode.CodeAction(title, vscode.CodeActionKind.RefactorRewrite);
  made.command = { command, title };
  return made;
}

/** The innermost function or class around a place, as the language server sees it; else some lines around. */
export async function rangeAround(document: vscode.TextDocument, place: vscode.Range): Promise<vscode.Range> {
  const symbols = await vscode.commands.executeCommand<vscode.DocumentSymbol[] | undefined>(
    'vscode.executeDocumentSymbolProvider',
    document.uri,
  );
  const found = innermost(symbols ?? [], place);
  if (found && found.end.line - found.start.line <= LINES_AROUND_MAX) return found;
  const first = Math.max(0, place.start.line - LINES_AROUND_MAX / 8);
  const last = Math.min(document.lineCount - 1, place.end.line + LINES_AROUND_MAX / 8);
  return new vscode.Range(first, 0, last, document.lineAt(last).text.length);
}

function innermost(symbols: readonly vscode.DocumentSymbol[], place: vscode.Range): vscode.Range | undefined {
  for (const { range, children } of symbols) {
    if (range?.contains(place)) return innermost(children, place) ?? range;
  }
  return undefined;
}
