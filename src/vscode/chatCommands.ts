import * as vscode from 'vscode';
import { selectionOf } from './attachmentSources.ts';
import type { ChatView } from './chatView.ts';
import type { CommandHandlers } from './commands.ts';

export type ChatCommandId =
  | 'minnow.openChat'
  | 'minnow.newChat'
  | 'minnow.askLargerModel'
  | 'minnow.showRequest'
  | 'minnow.addSelectionToChat'
  | 'minnow.deleteConversations';

export function chatCommands(chat: ChatView): Pick<CommandHandlers, ChatCommandId> {
  return {
    'minnow.openChat': () => chat.show(),
    'minnow.newChat': () => {
      chat.host.newChat();
      return chat.show();
    },
    'minnow.askLargerModel': async words => {
      await chat.show();
      await chat.host.askLargerAboutLast(words);
    },
    'minnow.showRequest': requestId => chat.showRequest(requestId),
    'minnow.deleteConversations': () => deleteConversations(chat),
    'minnow.addSelectionToChat': async () => {
      const selection = selectionOf(vscode.window.activeTextEditor);
      await chat.show();
      if (selection) chat.host.attach([selection]);
    },
  };
}

async function deleteConversations(chat: ChatView): Promise<void> {
  const detail = 'All conversations of this workspace, from this machine. It cannot be undone.';
  const question = 'Delete all conversations?';
  if ((await vscode.window.showWarningMessage(question, { modal: true, detail }, 'Delete')) !== 'Delete') return;
  await chat.host.removeAll();
}
