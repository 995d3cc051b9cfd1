import * as vscode from 'vscode';
import type { Event } from '../base/emitter.ts';

export function activeLanguageId(): string | undefined {
  return vscode.window.activeTextEditor?.document.languageId;
}

/** Another editor came to the front, or its language changed. */
export const onDidChangeActiveLanguage: Event<unknown> = listener =>
  vscode.Disposable.from(
    vscode.window.onDidChangeActiveTextEditor(() => listener(undefined)),
    vscode.workspace.onDidOpenTextDocument(() => listener(undefined)),
  );

/** The user came back to this window, perhaps from starting a server. */
export const onDidFocusWindow: Event<unknown> = listener =>
  vscode.window.onDidChangeWindowState(({ focused }) => {
    if (focused) listener(undefined);
  });

const NOTICE_MS = 10_000;

/** Something that happened and needs nothing from the user: a line at the bottom of the window that goes away again. */
export function showPassingNotice(text: string): void {
  vscode.window.setStatusBarMessage(text, NOTICE_MS);
}

/** For a diagnosis. */
export function editorVersions(minnowVersion: string): { readonly [what: string]: string } {
  return {
    Minnow: minnowVersion,
    [vscode.env.appName]: vscode.version,
    'Node of the extension host': process.version,
    platform: `${process.platform} ${process.arch}`,
    'where it runs': vscode.env.remoteName === undefined ? 'beside the window' : 'in a remote extension host',
  };
}
