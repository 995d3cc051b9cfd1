import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import type { TokenRatio } from '../base/tokenRatio.ts';
import { chatBudget } from '../chat/chatTurn.ts';
import { type EditRequest, editedText, editMessages } from '../chat/editSelection.ts';
import { generateText } from '../chat/generateText.ts';
import type { Door } from '../routing/dispatcher.ts';
import { refusalFor, wholeLines } from './applyCode.ts';
import { describeProblem } from './engineStates.ts';
import { signalOf } from './languageModelProvider.ts';
import type { ProposedEdits } from './proposedEdits.ts';

/** How often a growing proposal is drawn anew: a diff of a long file costs the editor some milliseconds. */
const SHOW_EVERY_MS = 120;

export interface EditNeeds {
  readonly clock: Clock;
  readonly door: Door;
  readonly tokenRatio: TokenRatio;
  readonly proposedEdits: ProposedEdits;
}

/** Asks what to change, then shows the change coming in as a diff. Nothing is changed before the user accepts it. */
export async function editSelection(needs: EditNeeds): Promise<void> {
  const editor = vscode.window.activeTextEditor;
  if (!editor) return tell('Open a file and select the code to change.');
  const instruction = await vscode.window.showInputBox({
    title: 'Edit Selection with Minnow',
    prompt: editor.selection.isEmpty
      ? 'What should change in the current line?'
      : 'What should change in the selection?',
    placeHolder: 'Such as: return early, add types, rename total to sum',
  });
  if (instruction?.trim()) await proposeEdit(needs, { editor, range: editor.selection, instruction });
}

export interface EditWish {
  readonly editor: vscode.TextEditor;
  readonly range: vscode.Range;
  readonly instruction: string;
}

export async function proposeEdit(needs: EditNeeds, { editor, range, instruction }: EditWish): Promise<void> {
  const { document } = editor;
  const refusal = await refusalFor(document.uri);
  if (refusal) return tell(refusal);
  const target = wholeLines(document, range);
  const edit = requestFor(document, target, instruction);
  const stopped = new AbortController();
  const proposal = await needs.proposedEdits.open(document, () => stopped.abort());
  const result = await vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title: 'Minnow writes the edit', cancellable: true },
    async (_, token) => {
      let shownAtMs = Number.NEGATIVE_INFINITY;
      const show = (answer: string) => {
        if (needs.clock.monotonicMs() - shownAtMs < SHOW_EVERY_MS) return;
        shownAtMs = needs.clock.monotonicMs();
        showEdit(answer);
      };
      const showEdit = (answer: string) => {
        const text = editedText(answer, edit);
        if (text !== undefined) proposal.show(edit.before + text + edit.after);
      };
      const wish = {
        purpose: 'edit',
        languageId: document.languageId,
        paths: [edit.path],
        messagesFor: messagesFor(edit, needs.tokenRatio),
        onText: show,
      } as const;
      const signal = AbortSignal.any([signalOf(token), stopped.signal]);
      const answered = await generateText(needs, wish, signal);
      if (answered.kind === 'answered') showEdit(answered.value);
      return answered;
    },
  );
  if (result.kind === 'answered' && editedText(result.value, edit) !== undefined) return proposal.complete();
  await needs.proposedEdits.discard();
  if (result.kind === 'failed') return tell(describeProblem(result.problem).sentence);
  if (result.kind === 'refused') return tell(result.why);
  if (result.kind === 'answered') return tell('The model gave no code. Say more exactly what should change.');
}

function requestFor(document: vscode.TextDocument, target: vscode.Range, instruction: string): EditRequest {
  const end = document.lineAt(document.lineCount - 1).range.end;
  return {
    instruction,
    path: vscode.workspace.asRelativePath(document.uri),
    languageId: document.languageId,
    before: document.getText(new vscode.Range(new vscode.Position(0, 0), target.start)),
    selected: document.getText(target),
    after: document.getText(new vscode.Range(target.end, end)),
  };
}

/** The selection goes to the model twice over: as the question and as the answer. Both must fit, or nothing is sent. */
function messagesFor(edit: EditRequest, tokenRatio: TokenRatio): Parameters<typeof generateText>[1]['messagesFor'] {
  return ({ model }) => {
    const { windowTokens, tokensOf } = chatBudget(model, tokenRatio);
    const messages = editMessages(edit);
    const promptTokens = messages.reduce((sum, message) => sum + tokensOf(message.content.length), 0);
    const maxTokens = Math.min(windowTokens - promptTokens, tokensOf(edit.selected.length) * 2 + 256);
    return maxTokens >= tokensOf(edit.selected.length) ? { messages, maxTokens } : undefined;
  };
}

function tell(message: string): void {
  void vscode.window.showInformationMessage(`Minnow: ${message}`);
}
