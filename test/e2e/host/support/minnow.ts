import assert from 'node:assert/strict';
import * as vscode from 'vscode';
import type { MinnowApi } from '../../../../src/vscode/api.ts';

const LIMIT_MS = 30_000;
const POLL_MS = 20;

export async function minnowApi(): Promise<MinnowApi> {
  const extension = vscode.extensions.getExtension<MinnowApi>('minnow.minnow');
  assert.ok(extension, 'Minnow is installed');
  return extension.activate();
}

/** The built-in engine has its model in memory. */
export async function readyApi(): Promise<MinnowApi> {
  const api = await minnowApi();
  await until('a model that answers', () => api.engineState().model !== undefined);
  return api;
}

export async function until(what: string, isTrue: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (!(await isTrue())) {
    if (performance.now() > deadline) throw new Error(`${what}: not within ${LIMIT_MS} ms`);
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
}

/** Opens a text with the cursor at `‸`. */
export async function openAtCursor(
  marked: string,
  document: { readonly language: string; readonly eol?: vscode.EndOfLine },
): Promise<vscode.TextEditor> {
  const offset = marked.indexOf('‸');
  const content = marked.replace('‸', '');
  const opened = await vscode.workspace.openTextDocument({ language: document.language, content });
  const editor = await vscode.window.showTextDocument(opened);
  if (document.eol) await editor.edit(edit => edit.setEndOfLine(document.eol ?? vscode.EndOfLine.LF));
  const position = opened.positionAt(document.eol === vscode.EndOfLine.CRLF ? crlfOffset(content, offset) : offset);
  editor.selection = new vscode.Selection(position, position);
  return editor;
}

function crlfOffset(text: string, offset: number): number {
  return offset + (text.slice(0, offset).match(/\n/g)?.length ?? 0);
}

export async function type(text: string): Promise<void> {
  for (const key of text) await vscode.commands.executeCommand('type', { text: key });
}

/** A suggestion at the line where the cursor is, not older than `sinceMs`. */
export async function suggestion(api: MinnowApi, sinceMs: number): Promise<{ requestId: string; shownChars: number }> {
  const line = vscode.window.activeTextEditor?.selection.active.line;
  const find = () =>
    api.recentOutcomes().find(outcome => outcome.kind === 'shown' && outcome.line === line && outcome.atMs >= sinceMs);
  await until('a suggestion', () => find() !== undefined);
  const found = find();
  return { requestId: found?.requestId ?? '', shownChars: found?.shownChars ?? 0 };
}

/** Runs an editor command until it has changed the document: ghost text is drawn some time after it was handed over. */
export async function pressUntilChanged(editor: vscode.TextEditor, command: string): Promise<string> {
  const before = editor.document.getText();
  const line = editor.selection.active.line;
  const lineBefore = editor.document.lineAt(line).text;
  await until(command, async () => {
    if (editor.document.getText() === before) await vscode.commands.executeCommand(command);
    return editor.document.getText() !== before;
  });
  return editor.document.lineAt(line).text.slice(lineBefore.length);
}
