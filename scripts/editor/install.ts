import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../setup/bootstrap.mjs';
import { exclusively } from '../setup/cache.ts';
import { npm, unpackPackage } from '../setup/npmPackage.mjs';
import { step } from '../setup/step.ts';
import { refuseProposedApi } from './proposedApi.ts';

const execFileAsync = promisify(execFile);

/** code-server 4.139.1 holds VS Code 1.139.1: a complete server with its workbench for the browser. */
const PACKAGE = {
  name: 'code-server',
  version: '4.139.1',
  sha512: 'fUYvJVdz4ZoVJfakGiGWXFMpF8K1ObsrpGvX17ZxNpKOzdNHs7lANT670JTr4ZhA8DnWqyvvmFG/d3HV9Yy6ew==',
};

/** To be raised when the steps below change, so that trees made by the old ones are not used. */
const RECIPE = 1;

/** Installs a real VS Code (workbench, extension host, built-in extensions) once. Resolves with its folder. */
export async function ensureVsCode(): Promise<string> {
  const tree = join(cacheFolder(), `vscode-${PACKAGE.version}-r${RECIPE}`);
  if (existsSync(tree)) return tree;
  return exclusively('vscode', async () => {
    if (existsSync(tree)) return tree;
    const unfinished = `${tree}.unfinished`;
    await rm(unfinished, { recursive: true, force: true });
    await step(`VS Code from ${PACKAGE.name}@${PACKAGE.version}`, () =>
      unpackPackage({ ...PACKAGE, folder: unfinished, inside: 'lib/vscode' }),
    );
    // Without install scripts, because those that matter come prebuilt; not `npm ci`, because the shrinkwrap is incomplete.
    const install = ['install', '--omit=dev', '--ignore-scripts'];
    await step("VS Code's dependencies", async () => {
      await npm(install, unfinished);
      await npm(install, join(unfinished, 'extensions'));
    });
    await step("VS Code's log writer", () => buildLogWriter(unfinished));
    await step('proposed API refused as in the published VS Code', () => refuseProposedApi(unfinished));
    await rename(unfinished, tree);
    return tree;
  });
}

/** Output channels stay empty without this one native module. Nothing of ours depends on it, so a failure is only told. */
async function buildLogWriter(tree: string): Promise<void> {
  for (const tool of ['g++', 'make', 'python3']) {
    if (!(await isInstalled(tool))) {
      console.log(`setup  no ${tool} here: output channels will stay empty in the test editor`);
      return;
    }
  }
  const nodePrefix = dirname(dirname(process.execPath));
  const headers: Record<string, string> = existsSync(join(nodePrefix, 'include', 'node'))
    ? { npm_config_nodedir: nodePrefix }
    : {};
  await npm(['rebuild', '@vscode/spdlog'], tree, headers).catch(error => {
    console.log(
      `setup  output channels will stay empty in the test editor: ${String(error.stderr ?? error).slice(-200)}`,
    );
  });
}

function isInstalled(program: string): Promise<boolean> {
  return execFileAsync(program, ['--version']).then(
    () => true,
    () => false,
  );
}
