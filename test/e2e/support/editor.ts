import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { inject } from 'vitest';
import { describeOutcomes, RECORDS_FILE_VARIABLE, type Records, readRecords } from '../../../scripts/demo/records.ts';
import { type EditorServer, startServer, writeSettings } from '../../../scripts/editor/server.ts';
import { type EditorWindow, openWindow } from '../../../scripts/editor/window.ts';
import { OUT } from '../../../scripts/setup/paths.ts';

export interface EditorOptions {
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Files of the folder that is opened, by their path in it. The first is shown. */
  readonly files: Readonly<Record<string, string>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly trust?: 'all' | 'restricted';
}

/** A window of a real VS Code with a fresh profile, into which the packaged extension has been installed. */
export interface TestEditor extends EditorWindow, AsyncDisposable {
  readonly server: EditorServer;
  readonly folder: string;
  /** What Minnow's exports say now; undefined until it has started. */
  records(): Records | undefined;
  /** Changes settings while the editor runs, over those it was opened with; not those of application scope. */
  changeSettings(settings: Readonly<Record<string, unknown>>): void;
}

/** What would draw over ghost text, or type by itself. */
const STEADY_SETTINGS = {
  'editor.quickSuggestions': { other: 'off', comments: 'off', strings: 'off' },
  'editor.suggestOnTriggerCharacters': false,
  'editor.autoClosingBrackets': 'never',
  'editor.autoClosingQuotes': 'never',
};

export async function openEditor(options: EditorOptions): Promise<TestEditor> {
  const folder = mkdtempSync(join(tmpdir(), 'minnow-folder-'));
  for (const [path, text] of Object.entries(options.files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
  const settings = { ...STEADY_SETTINGS, ...options.settings };
  const state = mkdtempSync(join(tmpdir(), 'minnow-records-'));
  const recordsFile = join(state, 'records.json');
  const server = await startServer({
    vsix: [inject('vsix'), inject('recordsVsix')],
    settings,
    env: { ...options.env, [RECORDS_FILE_VARIABLE]: recordsFile },
    ...(options.trust && { trust: options.trust }),
  });
  const [file = ''] = Object.keys(options.files);
  const window = await openWindow(server, { folder, file: join(folder, file) }).catch(async error => {
    await server.stop();
    throw error;
  });
  return {
    ...window,
    waitForGhostText: accepts =>
      window.waitForGhostText(accepts).catch(error => {
        throw new Error(`${error.message}\n${describeOutcomes(readRecords(recordsFile))}`);
      }),
    server,
    folder,
    records: () => readRecords(recordsFile),
    changeSettings: changed => writeSettings(server.machineSettingsFile, { ...settings, ...changed }),
    async [Symbol.asyncDispose]() {
      await window.close();
      await server.stop();
      for (const temporary of [folder, state]) rmSync(temporary, { recursive: true, force: true });
    },
  };
}

/** Where a test leaves a picture for people to look at. */
export function screenshotFile(name: string): string {
  return join(OUT, 'screenshots', `${name}.png`);
}
