import * as vscode from 'vscode';
import { slashCommand } from '../chat/slashCommands.ts';
import type { ChatView } from './chatView.ts';
import { type CodeActionWish, rangeAround } from './codeActions.ts';
import type { CommandHandlers } from './commands.ts';
import type { CommitMessageWriter } from './commitMessageCommand.ts';
import { type EditNeeds, editSelection, proposeEdit } from './editInPlace.ts';

export type EditCommandId =
  | 'minnow.editSelection'
  | 'minnow.fix'
  | 'minnow.explain'
  | 'minnow.document'
  | 'minnow.writeTests'
  | 'minnow.acceptEdit'
  | 'minnow.acceptHunk'
  | 'minnow.rejectHunk'
  | 'minnow.discardEdit'
  | 'minnow.generateCommitMessage'
  | 'minnow.stopCommitMessage';

export interface EditCommandNeeds extends EditNeeds {
  readonly chat: ChatView;
  readonly commitMessages: CommitMessageWriter;
}

export function editCommands(needs: EditCommandNeeds): Pick<CommandHandlers, EditCommandId> {
  const { proposedEdits, commitMessages } = needs;
  return {
    'minnow.editSelection': () => editSelection(needs),
    'minnow.fix': (_, wish) => fix(needs, wish),
    'minnow.explain': () => ask(needs.chat, '/explain'),
    'minnow.writeTests': () => ask(needs.chat, '/tests'),
    'minnow.document': () => editHere(needs, slashCommand('doc').instruction),
    'minnow.acceptEdit': () => proposedEdits.accept(),
    'minnow.acceptHunk': () => proposedEdits.acceptHunkAtCursor(),
    'minnow.rejectHunk': () => proposedEdits.rejectHunkAtCursor(),
    'minnow.discardEdit': () => proposedEdits.discard(),
    'minnow.generateCommitMessage': (_, sourceControl) => commitMessages.write(rootUriOf(sourceControl)),
    'minnow.stopCommitMessage': () => commitMessages.stop(),
  };
}

async function ask(chat: ChatView, question: string): Promise<void> {
  await chat.show();
  await chat.host.ask(question);
}

/** From a light bulb with the problem at hand; from the palette, the first problem at the cursor. */
async function fix(needs: EditCommandNeeds, wish: unknown): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return;
  if (isWish(wish)) return proposeEdit(needs, { editor, ...wish });
  const problem = vscode.languages
    .getDiagnostics(editor.document.uri)
    .find(({ range }) => range.intersection(editor.selection));
  if (!problem) {
    void vscode.window.showInformationMessage('Minnow: There is no problem at the cursor.');
    return;
  }
  const range = await rangeAround(editor.document, problem.range);
  await proposeEdit(needs, { editor, range, instruction: `Fix this problem: ${problem.message}` });
}

async function editHere(needs: EditCommandNeeds, instruction: string): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return;
  const range = editor.selection.isEmpty ? await rangeAround(editor.document, editor.selection) : editor.selection;
  await proposeEdit(needs, { editor, range, instruction });
}

function isWish(wish: unknown): wish is CodeActionWish {
  return (
    typeof wish === 'object' &&
    wish !== null &&
    'instruction' in wish &&
    'range' in wish &&
    wish.range instanceof vscode.Range
  );
}

/** The Source Control title hands over which repository it stands for. */
function rootUriOf(sourceControl: unknown): vscode.Uri | undefined {
  if (typeof sourceControl !== 'object' || sourceControl === null || !('rootUri' in sourceControl)) return undefined;
  return sourceControl.rootUri instanceof vscode.Uri ? sourceControl.rootUri : undefined;
}
