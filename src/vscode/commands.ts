import * as vscode from 'vscode';
import { type Disposable, DisposableStore } from '../base/disposable.ts';
import type { Logger } from '../base/logger.ts';
import type { CommandId } from './commandTable.ts';
import { COMMANDS } from './commandTable.ts';

/** What each command does; its argument, where one is given, comes from an action of ours and is still checked. */
export type CommandHandlers = { readonly [id in CommandId]: (argument: string | undefined, raw: unknown) => unknown };

/** The outer wall of every command: a bug becomes one message and a line in the log. */
export function registerCommands(handlers: CommandHandlers, log: Logger): Disposable {
  const store = new DisposableStore();
  for (const id of Object.keys(COMMANDS) as CommandId[]) {
    const run = async (argument?: unknown) => {
      try {
        return await handlers[id](typeof argument === 'string' ? argument : undefined, argument);
      } catch (error) {
        log.error(`${id} threw: ${error instanceof Error ? error.stack : String(error)}`);
        void vscode.window.showErrorMessage(`Minnow: ${COMMANDS[id].title} failed. The log has the details.`);
        return undefined;
      }
    };
    store.add(vscode.commands.registerCommand(id, run));
  }
  return store;
}
