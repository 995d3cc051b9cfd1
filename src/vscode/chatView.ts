import * as vscode from 'vscode';
import { type Disposable, DisposableStore } from '../base/disposable.ts';
import type { Event } from '../base/emitter.ts';
import type { Logger } from '../base/logger.ts';
import type { RequestRecord } from '../metering/requestRecord.ts';
import type { ChatFromView, ChatToView } from '../webview/chatProtocol.ts';
import { useCode } from './applyCode.ts';
import { gatherAttachments, gatherForCommand } from './attachmentSources.ts';
import { type ChatEditor, ChatHost, type ChatHostNeeds } from './chatHost.ts';
import { parseChatMessage } from './chatMessages.ts';
import type { ProposedText } from './proposedText.ts';
import type { TextView } from './textView.ts';
import { connectView, type ViewConnection, webviewHtml, webviewOptions } from './webviewHost.ts';

export const CHAT_VIEW_ID = 'minnow.chat';

export interface ChatViewNeeds extends Omit<ChatHostNeeds, 'editor' | 'post'> {
  readonly extensionUri: vscode.Uri;
  readonly log: Logger;
  readonly proposed: ProposedText;
  /** Without an id the newest. */
  readonly recordOf: (requestId: string | undefined) => RequestRecord | undefined;
  readonly textView: TextView;
  /** Whenever who would answer may have changed. */
  readonly onDidChangeStatus: Event<void>;
}

export interface ChatView extends Disposable {
  readonly host: ChatHost;
  show(): Promise<void>;
  showRequest(requestId: string | undefined): Promise<void>;
}

/** Minnow's own chat in the side bar: it works where the editor's built-in chat is disabled, absent or signed out. */
export function registerChatView(needs: ChatViewNeeds): ChatView {
  const store = new DisposableStore();
  let connection: ViewConnection<ChatToView> | undefined;
  /** The view is asked for before its page is there: the page hears of it when it is ready. */
  let wantsFocus = false;
  const host = store.add(
    new ChatHost({ ...needs, editor: createChatEditor(needs), post: message => connection?.post(message) }),
  );
  store.add(needs.onDidChangeStatus(() => host.showStatus()));
  const provider: vscode.WebviewViewProvider = {
    resolveWebviewView(view) {
      view.webview.options = webviewOptions(needs.extensionUri);
      connection?.dispose();
      connection = connectView<ChatFromView, ChatToView>(view.webview, {
        parse: parseChatMessage,
        handle: async message => {
          await host.handle(message);
          if (message.type === 'ready' && wantsFocus) connection?.post({ type: 'focusInput' });
          if (message.type === 'ready') wantsFocus = false;
        },
        log: needs.log,
      });
      view.webview.html = webviewHtml(view.webview, needs.extensionUri, { view: 'chat', title: 'Minnow Chat' });
    },
  };
  // Kept while hidden: an answer goes on streaming, and coming back must not lose the place.
  const options = { webviewOptions: { retainContextWhenHidden: true } };
  store.add(vscode.window.registerWebviewViewProvider(CHAT_VIEW_ID, provider, options));
  return {
    host,
    async show() {
      wantsFocus = connection === undefined;
      await vscode.commands.executeCommand(`${CHAT_VIEW_ID}.focus`);
      connection?.post({ type: 'focusInput' });
    },
    showRequest: requestId => showRequest(needs, requestId),
    dispose: () => {
      connection?.dispose();
      store.dispose();
    },
  };
}

function createChatEditor(needs: ChatViewNeeds): ChatEditor {
  const { proposed, textView } = needs;
  return {
    gather: gatherAttachments,
    gatherFor: gatherForCommand,
    openFileName() {
      const path = vscode.window.activeTextEditor?.document.uri.path;
      return path?.split('/').at(-1);
    },
    useCode: (action, code) => useCode(action, code, proposed),
    async openLink(href) {
      // The editor asks before it opens an address that the user has not trusted.
      if (/^(https?|mailto):/i.test(href)) await vscode.env.openExternal(vscode.Uri.parse(href, true));
    },
    showMarkdown: text => textView.show('Minnow Chat.md', text),
    async askName(current) {
      return vscode.window.showInputBox({
        title: 'Rename Conversation',
        value: current,
        prompt: 'Name of the conversation',
      });
    },
    async confirmRemoval(title) {
      const detail = 'It is removed from this machine for good.';
      const question = `Delete the conversation "${title || 'New chat'}"?`;
      return (await vscode.window.showWarningMessage(question, { modal: true, detail }, 'Delete')) === 'Delete';
    },
    showRequest: requestId => showRequest(needs, requestId),
    async run(command, argument) {
      await vscode.commands.executeCommand(command, argument);
    },
  };
}

async function showRequest({ recordOf, textView }: ChatViewNeeds, requestId: string | undefined): Promise<void> {
  const record = recordOf(requestId);
  const text = record ? JSON.stringify(record, null, 2) : 'This request is no longer in memory; the ledger has it.';
  await textView.show('Minnow Request.json', text);
}
