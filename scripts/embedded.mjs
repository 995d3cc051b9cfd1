// The native part of the embedded engine: installed apart from everything else, because the packages that node-llama-cpp
// would pull in by itself hold hundreds of megabytes of GPU builds, and because a machine may do without it.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { shipsLicences } from './packaging/licences.mjs';

const root = resolve(import.meta.dirname, '..');
const room = join(root, 'src/embedded');
const installed = join(room, 'node_modules');
const output = join(root, 'dist/embedded');
const VERSION = JSON.parse(readFileSync(join(room, 'package.json'), 'utf8')).dependencies['node-llama-cpp'];

/**
 * The same table as in src/embedded/nativePart.ts, which must not depend on a script.
 * @type {Readonly<Record<string, string>>}
 */
export const PACKAGES = {
  'linux-x64': 'linux-x64',
  'linux-arm64': 'linux-arm64',
  'darwin-arm64': 'mac-arm64-metal',
  'darwin-x64': 'mac-x64',
  'win32-x64': 'win-x64',
  'win32-arm64': 'win-arm64',
};

/** Read by node-llama-cpp as it starts; its bundle looks for them beside itself. */
const JSON_FILES = ['binariesGithubRelease.json', 'llama.cpp.info.json'];

/** "@node-llama-cpp/linux-x64" and the like, or undefined where there is none. */
export function nativePackage() {
  const name = PACKAGES[`${process.platform}-${process.arch}`];
  return name === undefined ? undefined : `@node-llama-cpp/${name}`;
}

/** Whether the engine can be bundled and shipped from this checkout. */
export function isEmbeddedInstalled() {
  const name = nativePackage();
  return name !== undefined && [join(installed, 'node-llama-cpp'), join(installed, name)].every(isRightVersion);
}

/** @param {string} folder */
function isRightVersion(folder) {
  return versionIn(folder) === VERSION;
}

/** @param {string} folder */
function versionIn(folder) {
  const file = join(folder, 'package.json');
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).version : undefined;
}

/**
 * Installs node-llama-cpp and the one package with llama.cpp for this machine. Does nothing when that is done, and returns
 * whether the engine is there. Not `npm ci`: the lock cannot hold a package for every machine, as a registry may lack some.
 */
export function ensureEmbedded() {
  const name = nativePackage();
  if (name === undefined) return false;
  if (isEmbeddedInstalled()) return true;
  const arguments_ = ['install', '--no-save', '--omit=optional', '--ignore-scripts', '--no-audit', '--no-fund'];
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  try {
    execFileSync(npm, [...arguments_, '--loglevel=error', `${name}@${VERSION}`], {
      cwd: room,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
  } catch {
    return false;
  }
  return isEmbeddedInstalled();
}

/**
 * The child process's bundle for esbuild.js; undefined where the engine is not installed.
 * @returns {import('esbuild').BuildOptions | undefined}
 */
export function embeddedTarget() {
  if (!isEmbeddedInstalled()) return undefined;
  return {
    absWorkingDir: root,
    entryPoints: { server: join(room, 'server.ts') },
    outdir: output,
    outExtension: { '.js': '.mjs' },
    format: 'esm',
    platform: 'node',
    target: 'node22',
    // Statically imported as they are: an `await import()` of node-llama-cpp inside a bundle never returns.
    external: ['@node-llama-cpp/*'],
    banner: { js: "import{createRequire as $require}from'node:module';const require=$require(import.meta.url);" },
    // Which packages went in, for their licences.
    metafile: true,
    plugins: [besideTheBundle, shipsNativePart, shipsLicences()],
  };
}

/**
 * node-llama-cpp finds its version and two files by its own folder's shape, which a bundle does not have.
 * @type {import('esbuild').Plugin}
 */
const besideTheBundle = {
  name: 'beside-the-bundle',
  setup(build) {
    replaceIn(build, /node-llama-cpp[\\/]dist[\\/]utils[\\/]getModuleVersion\.js$/, [
      /await fs\.readJson\(path\.join\(__dirname, "\.\.", "\.\.", "package\.json"\)\)/,
      JSON.stringify({ version: VERSION }),
    ]);
    replaceIn(build, /node-llama-cpp[\\/]dist[\\/]config\.js$/, [
      /path\.join\(__dirname, "\.\.", "llama"\)/,
      'path.join(__dirname, "llama")',
    ]);
  },
};

/**
 * @param {import('esbuild').PluginBuild} build
 * @param {RegExp} filter
 * @param {readonly [pattern: RegExp, replacement: string]} change
 */
function replaceIn(build, filter, [pattern, replacement]) {
  build.onLoad({ filter }, ({ path }) => {
    const source = readFileSync(path, 'utf8');
    if (!pattern.test(source)) throw new Error(`${path} is not as node-llama-cpp ${VERSION} has it`);
    return { contents: source.replace(pattern, replacement), loader: 'js' };
  });
}

/**
 * After each build `dist/embedded` runs from anywhere: the bundle, the two files, and llama.cpp for this machine.
 * @type {import('esbuild').Plugin}
 */
const shipsNativePart = {
  name: 'ships-native-part',
  setup(build) {
    build.onEnd(() => {
      const name = nativePackage();
      if (name === undefined) return;
      mkdirSync(join(output, 'llama'), { recursive: true });
      for (const file of JSON_FILES) cpSync(join(installed, 'node-llama-cpp/llama', file), join(output, 'llama', file));
      const target = join(output, 'node_modules', name);
      if (isRightVersion(target)) return;
      rmSync(join(output, 'node_modules'), { recursive: true, force: true });
      cpSync(join(installed, name), target, { recursive: true });
    });
  },
};

/** What a VSIX for this machine must ship besides the rest, as globs from the root; the universal one ships none of it. */
export const EMBEDDED_FILES = [
  'dist/embedded/server.mjs',
  'dist/embedded/LICENSES.txt',
  'dist/embedded/llama/*.json',
  'dist/embedded/node_modules/**',
];

if (process.argv[1] === import.meta.filename) {
  console.log(
    ensureEmbedded() ? `embedded engine ${VERSION}: installed` : 'embedded engine: not available on this machine',
  );
}
