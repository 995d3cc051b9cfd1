import * as vscode from 'vscode';
import type { Attachment } from '../chat/attachments.ts';
import type { SlashCommand } from '../chat/slashCommands.ts';
import type { Attachable } from '../webview/chatProtocol.ts';
import { gitDiff, stagedDiff } from './gitRepository.ts';
import { pickFrom } from './pickers.ts';

/** Of one file; what is larger is cut at a line, and the model's window cuts further. */
const FILE_CHARS_MAX = 100_000;
const FILES_OFFERED_MAX = 2_000;
const OPEN_EDITORS_MAX = 10;
const PROBLEMS_MAX = 20;

/** Collects what the user wants to go along with a question, as it is now. Empty where there is nothing of the kind. */
export async function gatherAttachments(kind: Attachable): Promise<readonly Attachment[]> {
  switch (kind) {
    case 'file':
      return pickFile();
    case 'selection':
      return listOf(selectionOf(vscode.window.activeTextEditor));
    case 'openEditors':
      return openEditors();
    case 'problems':
      return listOf(problemsOf(vscode.window.activeTextEditor));
    case 'terminal':
      return listOf(await terminalSelection());
    case 'gitDiff':
      return listOf(diffAttachment(await gitDiff()));
  }
}

/** What goes along with a slash command when the user attached nothing. */
export async function gatherForCommand(kind: SlashCommand['attaches']): Promise<readonly Attachment[]> {
  const editor = vscode.window.activeTextEditor;
  const here = listOf(selectionOf(editor) ?? (editor && fileAttachment('file', editor.document)));
  switch (kind) {
    case 'selectionOrFile':
      return here;
    case 'selectionAndProblems':
      return [...here, ...listOf(problemsOf(editor))];
    case 'stagedDiff':
      return listOf(diffAttachment(await stagedDiff()));
  }
}

export function selectionOf(editor: vscode.TextEditor | undefined): Attachment | undefined {
  if (!editor || editor.selection.isEmpty) return undefined;
  const { document, selection } = editor;
  return {
    kind: 'selection',
    path: vscode.workspace.asRelativePath(document.uri),
    languageId: document.languageId,
    text: document.getText(selection),
    lines: { first: selection.start.line + 1, last: selection.end.line + 1 },
  };
}

function fileAttachment(kind: 'file' | 'openEditor', document: vscode.TextDocument): Attachment {
  const end = document.positionAt(FILE_CHARS_MAX);
  const text = document.getText(new vscode.Range(new vscode.Position(0, 0), end));
  const path = vscode.workspace.asRelativePath(document.uri);
  return { kind, path, languageId: document.languageId, text, lines: undefined };
}

async function pickFile(): Promise<readonly Attachment[]> {
  const found = vscode.workspace.findFiles('**/*', undefined, FILES_OFFERED_MAX).then(uris => ({
    title: 'Attach a File',
    placeholder: uris.length === 0 ? 'Open a folder to attach files from it' : 'Type to search',
    items: uris
      .map(uri => ({ label: vscode.workspace.asRelativePath(uri), value: uri }))
      .sort((a, b) => a.label.localeCompare(b.label)),
  }));
  const uri = await pickFrom(Promise.resolve(found), 'Attach a File');
  return uri ? [fileAttachment('file', await vscode.workspace.openTextDocument(uri))] : [];
}

async function openEditors(): Promise<readonly Attachment[]> {
  const uris = vscode.window.tabGroups.all
    .flatMap(group => group.tabs)
    .map(tab => (tab.input instanceof vscode.TabInputText ? tab.input.uri : undefined))
    .filter(uri => uri !== undefined);
  const unique = [...new Map(uris.map(uri => [uri.toString(), uri])).values()].slice(0, OPEN_EDITORS_MAX);
  const documents = await Promise.all(unique.map(uri => vscode.workspace.openTextDocument(uri)));
  return documents.map(document => fileAttachment('openEditor', document));
}

const SEVERITIES = ['error', 'warning', 'information', 'hint'] as const;

export function problemsOf(editor: vscode.TextEditor | undefined): Attachment | undefined {
  if (!editor) return undefined;
  const path = vscode.workspace.asRelativePath(editor.document.uri);
  const found = vscode.languages
    .getDiagnostics(editor.document.uri)
    .filter(({ range }) => editor.selection.isEmpty || range.intersection(editor.selection))
    .slice(0, PROBLEMS_MAX);
  if (found.length === 0) return undefined;
  const lines = found.map(
    ({ range, severity, message }) => `${path}:${range.start.line + 1}: ${SEVERITIES[severity]}: ${message}`,
  );
  return { kind: 'problems', text: lines.join('\n'), count: found.length, paths: [path] };
}

/** There is no API for what is selected in a terminal: it goes through the clipboard, which is given back. */
async function terminalSelection(): Promise<Attachment | undefined> {
  if (!vscode.window.activeTerminal) return undefined;
  const before = await vscode.env.clipboard.readText();
  await vscode.env.clipboard.writeText('');
  await vscode.commands.executeCommand('workbench.action.terminal.copySelection');
  const text = await vscode.env.clipboard.readText();
  await vscode.env.clipboard.writeText(before);
  return text ? { kind: 'terminal', text } : undefined;
}

function diffAttachment(diff: { readonly text: string; readonly paths: readonly string[] } | undefined) {
  return diff?.text ? ({ kind: 'gitDiff', ...diff } as const) : undefined;
}

function listOf(attachment: Attachment | undefined): readonly Attachment[] {
  return attachment ? [attachment] : [];
}
