// Runs the tests of test/e2e/host inside the extension host of a real VS Code, against the packaged extension. The argument is
// the executable of a desktop VS Code; without one, a stand-in for it runs our own VS Code server.
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runTests } from '@vscode/test-electron';
import { build } from 'esbuild';
import { installVsix } from '../editor/server.ts';
import { packageExtension } from '../packaging/vsix.ts';
import { REPOSITORY } from '../setup/paths.ts';

const SHIM = join(REPOSITORY, 'test/e2e/shim/code.ts');

const root = mkdtempSync(join(tmpdir(), 'minnow-host-'));
process.once('exit', () => rmSync(root, { recursive: true, force: true, maxRetries: 5 }));

const packages = await packageExtension();
const vsix = packages.find(({ kind }) => kind === 'platform');
if (!vsix) throw new Error('there is no package for this platform');
const extensions = join(root, 'installed');
await installVsix(join(REPOSITORY, vsix.file), extensions);
const unpacked = readdirSync(extensions).find(name => name.startsWith('minnow.minnow-'));
if (!unpacked) throw new Error(`the editor did not install ${vsix.file}`);

const extensionTestsPath = join(REPOSITORY, 'out/e2e/host.cjs');
await build({
  entryPoints: [join(REPOSITORY, 'test/e2e/host/main.ts')],
  outfile: extensionTestsPath,
  bundle: true,
  format: 'cjs',
  platform: 'node',
  external: ['vscode', 'mocha'],
});

process.exitCode = await runTests({
  vscodeExecutablePath: process.argv[2] ?? SHIM,
  extensionDevelopmentPath: join(extensions, unpacked),
  extensionTestsPath,
  launchArgs: [
    join(REPOSITORY, 'sample'),
    `--user-data-dir=${join(root, 'data')}`,
    `--extensions-dir=${join(root, 'extensions')}`,
  ],
}).catch(error => {
  console.error(`${error.message}; VS Code's own messages are in out/e2e/host-console.txt`);
  return 1;
});
