import * as vscode from 'vscode';
import { compose, type Minnow } from './compose.ts';
import type { MinnowApi } from './vscode/api.ts';

let running: Minnow | undefined;

/** Synchronous, without network and without disk: what takes time runs in the background and becomes state. */
export function activate(context: vscode.ExtensionContext): MinnowApi {
  try {
    running = compose(context);
    context.subscriptions.push(running);
    return running.api;
  } catch (error) {
    // Shown, because an extension that is silently absent is the hardest fault to report; thrown, so that VS Code knows.
    void vscode.window.showErrorMessage(`Minnow could not start: ${error instanceof Error ? error.message : error}`);
    throw error;
  }
}

/** The editor waits for this, and only then disposes: what was measured in the last moment is still written. */
export async function deactivate(): Promise<void> {
  await running?.flush();
}
