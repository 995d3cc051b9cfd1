import assert from 'node:assert/strict';
import { afterEach, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { MinnowApi } from '../../../src/vscode/api.ts';
import { openAtCursor, pressUntilChanged, readyApi, suggestion, type } from './support/minnow.ts';

describe('documents of every kind', () => {
  let api: MinnowApi;

  before(async () => {
    api = await readyApi();
  });

  afterEach(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  it('get suggestions without a file', async () => {
    await openAtCursor('def mean(values):\n    ‸\n', { language: 'python' });
    const sinceMs = Date.now();
    await type('return ');
    assert.ok((await suggestion(api, sinceMs)).shownChars > 0);
  });

  it('keep their line endings', async () => {
    const marked = 'def mean(values):\n    total = 0\n    ‸\n';
    const editor = await openAtCursor(marked, { language: 'python', eol: vscode.EndOfLine.CRLF });
    const sinceMs = Date.now();
    await type('for ');
    await suggestion(api, sinceMs);
    await pressUntilChanged(editor, 'editor.action.inlineSuggest.commit');
    assert.equal(editor.document.eol, vscode.EndOfLine.CRLF);
    assert.doesNotMatch(editor.document.getText(), /(?<!\r)\n/);
  });

  it('get suggestions in a notebook’s cell', async () => {
    const cell = new vscode.NotebookCellData(vscode.NotebookCellKind.Code, 'def mean(values):\n    ', 'python');
    const notebook = await vscode.workspace.openNotebookDocument('jupyter-notebook', new vscode.NotebookData([cell]));
    await vscode.window.showNotebookDocument(notebook);
    await vscode.commands.executeCommand('notebook.cell.edit');
    const editor = vscode.window.activeTextEditor;
    assert.equal(editor?.document.uri.scheme, 'vscode-notebook-cell');
    if (editor) editor.selection = new vscode.Selection(1, 4, 1, 4);
    const sinceMs = Date.now();
    await type('return ');
    assert.ok((await suggestion(api, sinceMs)).shownChars > 0);
  });

  it('get none where nothing can be written', async () => {
    const channel = vscode.window.createOutputChannel('a channel');
    channel.appendLine('def mean(values):');
    channel.show();
    const asked = api.recentOutcomes().length;
    await vscode.commands.executeCommand('editor.action.inlineSuggest.trigger');
    assert.equal(api.recentOutcomes().length, asked);
    channel.dispose();
  });
});
