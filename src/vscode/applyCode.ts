import { realpath } from 'node:fs/promises';
import * as vscode from 'vscode';
import { indentLike } from '../chat/codeAnswer.ts';
import type { CodeAction } from '../webview/chatProtocol.ts';
import type { ProposedText } from './proposedText.ts';
import { isInside, isProtectedPath } from './protectedPaths.ts';

export interface Code {
  readonly text: string;
  readonly languageId: string;
}

/** What the user may do with a block of code. Only `apply` changes a file, and only after its diff was shown and confirmed. */
export async function useCode(action: CodeAction, code: Code, proposed: ProposedText): Promise<void> {
  switch (action) {
    case 'copy':
      return vscode.env.clipboard.writeText(code.text);
    case 'newFile':
      await vscode.window.showTextDocument(
        await vscode.workspace.openTextDocument({ content: code.text, language: code.languageId || 'plaintext' }),
      );
      return;
    case 'insert':
      return insertAtCursor(code);
    case 'apply':
      return applyWithDiff(code, proposed);
  }
}

async function insertAtCursor(code: Code): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return tell('Open a file and put the cursor where the code belongs.');
  const refusal = await refusalFor(editor.document.uri);
  if (refusal) return tell(refusal);
  // The user sees it appear where the cursor is, and one undo takes it back.
  await editor.edit(edit => edit.replace(editor.selection, code.text));
}

async function applyWithDiff(code: Code, proposed: ProposedText): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return tell('Open the file that the code belongs to, and select what it replaces.');
  const { document, selection } = editor;
  const refusal = await refusalFor(document.uri);
  if (refusal) return tell(refusal);
  if (selection.isEmpty) return tell('Select the lines that the code replaces, then apply it again.');
  const range = wholeLines(document, selection);
  const original = document.getText(range);
  const text = indentLike(code.text, original).replace(/\n+$/, '') + (original.endsWith('\n') ? '\n' : '');
  const version = document.version;
  if (!(await proposed.confirm(document, range, text))) return;
  if (document.version !== version) return tell('The file changed meanwhile. Apply the code again.');
  const edit = new vscode.WorkspaceEdit();
  edit.replace(document.uri, range, text);
  await vscode.workspace.applyEdit(edit);
}

/** The lines that a selection touches, from margin to end; one that ends at a line's start does not touch that line. */
export function wholeLines(document: vscode.TextDocument, selection: vscode.Range): vscode.Range {
  const endsAtLineStart = selection.end.character === 0 && selection.end.line > selection.start.line;
  const lastLine = endsAtLineStart ? selection.end.line - 1 : selection.end.line;
  return new vscode.Range(selection.start.line, 0, lastLine, document.lineAt(lastLine).text.length);
}

/** Why a file must not be changed by an answer; undefined where it may. Symbolic links count as what they point to. */
export async function refusalFor(uri: vscode.Uri): Promise<string | undefined> {
  if (uri.scheme === 'untitled') return undefined;
  const folders = vscode.workspace.workspaceFolders ?? [];
  const file = await resolved(uri);
  const roots = await Promise.all(folders.map(folder => resolved(folder.uri)));
  if (!isInside(file, roots)) return 'Minnow changes files of the open folder only, and this one lies outside it.';
  const root = roots.find(folder => isInside(file, [folder])) ?? '';
  return isProtectedPath(file.slice(root.length + 1))
    ? 'This file makes the editor, git or a build run something, so Minnow never changes it. Copy the code instead.'
    : undefined;
}

async function resolved(uri: vscode.Uri): Promise<string> {
  const path = uri.scheme === 'file' ? await realpath(uri.fsPath).catch(() => uri.fsPath) : uri.path;
  return path.replaceAll('\\', '/').replace(/\/$/, '');
}

function tell(message: string): void {
  void vscode.window.showInformationMessage(`Minnow: ${message}`);
}
