import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureVsCode } from './install.ts';

/** What a person would not have in the way of a first look, and what would reach for the network. */
const QUIET_SETTINGS = {
  'telemetry.telemetryLevel': 'off',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': false,
  'extensions.ignoreRecommendations': true,
  'workbench.enableExperiments': false,
  'workbench.startupEditor': 'none',
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'git.openRepositoryInParentFolders': 'never',
};

const START_LIMIT_MS = 60_000;
const STOP_LIMIT_MS = 5_000;
const POLL_MS = 100;
const LOG_TAIL_CHARS = 4_000;

export interface ServerOptions {
  /** Packages to install into the fresh profile, as a user would. */
  readonly vsix?: readonly string[];
  /** User settings, over the quiet ones. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  /** restricted: folders open in Restricted Mode until the user trusts them. */
  readonly trust?: 'all' | 'restricted';
  /** Folders that the caller owns; by default everything lives in a temporary folder that `stop` removes. */
  readonly userDataFolder?: string;
  readonly extensionsFolder?: string;
}

/** A running VS Code server with a profile of its own. */
export interface EditorServer {
  readonly origin: string;
  /** The settings of the machine that extensions run on: the editor watches this file, and not the user's. */
  readonly machineSettingsFile: string;
  /** The workbench's address; `payload` is what the desktop would take as command line options. */
  address(folder: string | undefined, payload?: readonly (readonly [string, string])[]): string;
  /** How the workbench names a file of this machine. */
  uriOf(path: string): string;
  stop(): Promise<void>;
}

export async function startServer(options: ServerOptions = {}): Promise<EditorServer> {
  const tree = await ensureVsCode();
  const root = mkdtempSync(join(tmpdir(), 'minnow-editor-'));
  const profile = {
    data: options.userDataFolder ?? join(root, 'data'),
    extensions: options.extensionsFolder ?? join(root, 'extensions'),
  };
  // The bundled Copilot extension writes to the home folder.
  const env = { ...process.env, ...options.env, HOME: join(root, 'home') };
  const folders = [
    ...['--server-data-dir', join(root, 'server'), '--user-data-dir', profile.data],
    ...['--extensions-dir', profile.extensions, '--accept-server-license-terms', '--disable-telemetry'],
  ];
  const machineSettingsFile = join(profile.data, 'Machine', 'settings.json');
  mkdirSync(env.HOME);
  writeSettings(join(profile.data, 'User', 'settings.json'), { ...QUIET_SETTINGS, ...options.settings });
  // A window whose extensions run on a server takes settings of machine scope from there alone.
  writeSettings(machineSettingsFile, options.settings ?? {});
  const clean = () => rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  try {
    for (const vsix of options.vsix ?? []) await install(tree, vsix, folders, env);
    const port = await freePort();
    const server = await serve(tree, [...folders, ...servingArguments(port, options.trust ?? 'all')], env, port);
    const atExit = () => {
      server.kill();
      clean();
    };
    process.once('exit', atExit);
    return {
      origin: `http://127.0.0.1:${port}`,
      machineSettingsFile,
      address: (folder, payload = []) => workbenchAddress(port, folder, payload),
      uriOf: path => uriOf(port, path),
      async stop() {
        process.off('exit', atExit);
        await server.stop();
        clean();
      },
    };
  } catch (error) {
    clean();
    throw error;
  }
}

export function writeSettings(file: string, settings: Readonly<Record<string, unknown>>): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(settings, undefined, 2));
}

/** Unpacks a package into a folder of extensions, as the editor does it for a user. */
export async function installVsix(vsix: string, extensionsFolder: string): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'minnow-install-'));
  try {
    const folders = ['--server-data-dir', root, '--extensions-dir', extensionsFolder, '--accept-server-license-terms'];
    await install(await ensureVsCode(), vsix, folders, { ...process.env, HOME: root });
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

async function install(tree: string, vsix: string, folders: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const { child, log } = spawnGroup(tree, [...folders, '--install-extension', resolve(vsix)], env);
  const code = await new Promise(done => child.once('exit', done));
  if (code !== 0) throw new Error(`VS Code did not install ${vsix}\n${log()}`);
}

function servingArguments(port: number, trust: 'all' | 'restricted'): string[] {
  return [
    ...['--host', '127.0.0.1', '--port', String(port), '--without-connection-token'],
    ...(trust === 'all' ? ['--disable-workspace-trust'] : []),
    // Without it the page takes no payload from its address.
    '--enable-smoke-test-driver',
    // A closed page would keep its extension host for three hours.
    ...['--reconnection-grace-time', '5'],
  ];
}

function uriOf(port: number, path: string): string {
  return `vscode-remote://127.0.0.1:${port}${encodeURI(resolve(path))}`;
}

function workbenchAddress(
  port: number,
  folder: string | undefined,
  payload: readonly (readonly [string, string])[],
): string {
  const query = new URLSearchParams();
  if (!folder) query.set('ew', 'true');
  else query.set(folder.endsWith('.code-workspace') ? 'workspace' : 'folder', resolve(folder));
  query.set('payload', JSON.stringify([['skipWelcome', 'true'], ...payload]));
  return `http://127.0.0.1:${port}/?${query}`;
}

/** A process group of its own, so that ending it ends the extension hosts and engines below it too. */
function spawnGroup(
  tree: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): { child: ChildProcess; log(): string } {
  const child = spawn(process.execPath, ['out/server-main.js', ...args], {
    cwd: tree,
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let log = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', chunk => {
      log = (log + chunk).slice(-LOG_TAIL_CHARS);
    });
  }
  return { child, log: () => log };
}

async function serve(tree: string, args: readonly string[], env: NodeJS.ProcessEnv, port: number) {
  const { child, log } = spawnGroup(tree, args, env);
  const exited = new Promise(done => child.once('exit', done));
  const kill = () => endGroup(child, 'SIGKILL');
  const deadline = performance.now() + START_LIMIT_MS;
  while (!(await answers(port))) {
    if (child.exitCode !== null || performance.now() > deadline) {
      kill();
      throw new Error(`VS Code's server did not start\n${log()}`);
    }
    await sleep(POLL_MS);
  }
  return {
    kill,
    async stop() {
      endGroup(child, 'SIGTERM');
      await Promise.race([exited, sleep(STOP_LIMIT_MS, undefined, { ref: false })]);
      kill();
    },
  };
}

function endGroup(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The whole group has ended already.
  }
}

function answers(port: number): Promise<boolean> {
  return fetch(`http://127.0.0.1:${port}/version`).then(
    response => response.ok,
    () => false,
  );
}

function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const probe = createServer()
      .once('error', fail)
      .listen(0, '127.0.0.1', () => {
        const address = probe.address();
        probe.close(() => done(typeof address === 'object' && address ? address.port : 0));
      });
  });
}
