import * as vscode from 'vscode';
import type { Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/logger.ts';

/** The "Minnow" output channel; its level is the user's to choose ("Developer: Set Log Level…"). */
export interface Log extends Logger, Disposable {
  show(): void;
}

export function createLog(): Log {
  return vscode.window.createOutputChannel('Minnow', { log: true });
}
