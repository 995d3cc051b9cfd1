import * as vscode from 'vscode';
import { compose } from './compose.ts';
import type { MinnowApi } from './vscode/api.ts';

/** Synchronous, without network and without disk: what takes time runs in the background and becomes state. */
export function activate(context: vscode.ExtensionContext): MinnowApi {
  try {
    const minnow = compose(context);
    context.subscriptions.push(minnow);
    return minnow.api;
  } catch (error) {
    // Shown, because an extension that is silently absent is the hardest fault to report; thrown, so that VS Code knows.
    void vscode.window.showErrorMessage(`Minnow could not start: ${error instanceof Error ? error.message : error}`);
    throw error;
  }
}
