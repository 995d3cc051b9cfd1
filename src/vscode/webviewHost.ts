import { randomBytes } from 'node:crypto';
import * as vscode from 'vscode';
import { type Disposable, DisposableStore } from '../base/disposable.ts';
import type { Logger } from '../base/logger.ts';
import type { ViewName } from '../webview/protocol.ts';

/** Where the build puts the views' scripts, styles and fonts; a view can read nothing else. */
const VIEWS_FOLDER = ['dist', 'webview'] as const;
/** A view asks for things at the pace of a person; more than this between two answers is a fault of the page. */
const MESSAGE_CHARS_MAX = 1_000_000;

export interface Page {
  readonly view: ViewName;
  /** For screen readers, and for tests to find it by. */
  readonly title: string;
}

export function webviewOptions(extensionUri: vscode.Uri): vscode.WebviewOptions {
  return {
    enableScripts: true,
    enableCommandUris: false,
    enableForms: false,
    localResourceRoots: [vscode.Uri.joinPath(extensionUri, ...VIEWS_FOLDER)],
  };
}

/**
 * The page of a view: our own script and styles and nothing else. It may load no image and open no connection, so that
 * nothing a model writes can make it send anything, even if it got past the renderer.
 */
export function webviewHtml(webview: vscode.Webview, extensionUri: vscode.Uri, page: Page): string {
  const nonce = randomBytes(16).toString('base64');
  const asset = (name: string) => webview.asWebviewUri(vscode.Uri.joinPath(extensionUri, ...VIEWS_FOLDER, name));
  const policy = [
    "default-src 'none'",
    `script-src 'nonce-${nonce}'`,
    `style-src ${webview.cspSource} 'nonce-${nonce}'`,
    `font-src ${webview.cspSource}`,
  ].join('; ');
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${page.title}</title>
<link rel="stylesheet" id="vscode-codicon-stylesheet" href="${asset('codicon.css')}">
<link rel="stylesheet" href="${asset(`${page.view}.css`)}">
</head>
<body>
<minnow-${page.view}></minnow-${page.view}>
<script type="module" nonce="${nonce}" src="${asset(`${page.view}.js`)}"></script>
</body>
</html>`;
}

export interface ViewConnection<ToView> extends Disposable {
  /** Lost where the view is hidden or not yet ready: it asks for everything again when it is. */
  post(message: ToView): void;
}

export interface ViewTalk<FromView> {
  /** Undefined for what is not a message of this view: it is dropped and logged by its type only. */
  readonly parse: (message: unknown) => FromView | undefined;
  readonly handle: (message: FromView) => Promise<void> | void;
  readonly log: Logger;
}

/** Typed talk with a page. What handling throws is a bug; it is logged here, so that one message cannot stop the next. */
export function connectView<FromView, ToView>(
  webview: vscode.Webview,
  talk: ViewTalk<FromView>,
): ViewConnection<ToView> {
  const store = new DisposableStore();
  store.add(
    webview.onDidReceiveMessage(async (raw: unknown) => {
      const message = isSmall(raw) ? talk.parse(raw) : undefined;
      if (message === undefined) return talk.log.warn('a view sent a message that is none of its own');
      try {
        await talk.handle(message);
      } catch (error) {
        talk.log.error(`a message of a view failed: ${error instanceof Error ? error.message : String(error)}`);
      }
    }),
  );
  return {
    post: message => void webview.postMessage(message),
    dispose: () => store.dispose(),
  };
}

function isSmall(raw: unknown): boolean {
  return typeof raw === 'object' && raw !== null && JSON.stringify(raw).length <= MESSAGE_CHARS_MAX;
}
