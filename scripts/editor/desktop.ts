import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';

/** Whether windows can be shown here. */
export function hasDisplay(): boolean {
  return process.platform !== 'linux' || Boolean(process.env.DISPLAY ?? process.env.WAYLAND_DISPLAY);
}

export interface DesktopCode {
  /** The command that people type. */
  readonly command: string;
  /** The program behind it, which `@vscode/test-electron` wants; undefined where it is not found beside the command. */
  readonly executable: string | undefined;
}

/** The desktop's VS Code, where there is one and a display to show it on. */
export function findDesktopCode(): DesktopCode | undefined {
  if (!hasDisplay()) return undefined;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const command = folders.map(folder => join(folder, 'code')).find(existsSync);
  if (!command) return undefined;
  // bin/code beside the program on Linux; within the application's resources on macOS.
  const bin = dirname(realpathSync(command));
  const executables = ['../code', '../../../MacOS/Electron', '../../../MacOS/Code'].map(path => resolve(bin, path));
  return { command, executable: executables.find(existsSync) };
}
