import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { type DesktopCode, hasDisplay } from '../editor/desktop.ts';
import { startServer } from '../editor/server.ts';

const FIRST_FILE = 'src/cart.ts';

/** Opens the desktop's VS Code with a profile of its own, and stays until its window is closed. */
export async function useDesktop({ command }: DesktopCode, vsix: string, folder: string): Promise<void> {
  const profile = mkdtempSync(join(tmpdir(), 'minnow-profile-'));
  process.once('exit', () => rmSync(profile, { recursive: true, force: true, maxRetries: 5 }));
  const folders = [`--user-data-dir=${join(profile, 'data')}`, `--extensions-dir=${join(profile, 'extensions')}`];
  await promisify(execFile)(command, [...folders, '--install-extension', vsix]);
  console.log('Opening VS Code. Close its window, or press Ctrl+C here, to end.');
  const args = [...folders, '--new-window', '--wait', '--disable-workspace-trust', folder, join(folder, FIRST_FILE)];
  const window = spawn(command, args, { stdio: 'inherit' });
  process.once('exit', () => window.kill());
  await new Promise(resolve => window.once('exit', resolve));
}

/** Serves VS Code on loopback until Ctrl+C, and opens a browser where one can be shown. */
export async function serveToBrowser(vsix: string, folder: string): Promise<void> {
  const server = await startServer({ vsix: [vsix] });
  const address = server.address(folder, [['openFile', server.uriOf(join(folder, FIRST_FILE))]]);
  console.log(`\nMinnow is ready at\n\n  ${address}\n\nType in the editor; Tab accepts. Ctrl+C ends.`);
  if (!hasDisplay()) return;
  const open = process.platform === 'darwin' ? 'open' : 'xdg-open';
  spawn(open, [address], { stdio: 'ignore', detached: true })
    .once('error', () => console.log('Open the address in a browser of the Chromium family.'))
    .unref();
}
