import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { promisify } from 'node:util';
import { EMBEDDED_FILES } from '../embedded.mjs';
import { exclusivelyHere } from '../setup/cache.ts';
import { OUT, REPOSITORY } from '../setup/paths.ts';

const execFileAsync = promisify(execFile);

/** What the package for one platform has besides the universal one: the embedded engine and its tiny model. */
const PLATFORM_FILES = [...EMBEDDED_FILES, 'media/models/**'];

export interface Vsix {
  /** Relative to the repository. */
  readonly file: string;
  readonly bytes: number;
  readonly kind: 'universal' | 'platform';
}

/** Builds once, then packages: without the embedded engine for everyone, with it for this platform. */
export function packageExtension(): Promise<Vsix[]> {
  return exclusivelyHere('package', async () => {
    await runNode([join(REPOSITORY, 'esbuild.js'), '--production'], REPOSITORY);
    const { version } = JSON.parse(await readFile(join(REPOSITORY, 'package.json'), 'utf8'));
    const target = `${process.platform}-${process.arch}`;
    const allowed = await readFile(join(REPOSITORY, '.vscodeignore'), 'utf8');
    const allowedHere = allowed + PLATFORM_FILES.map(glob => `!${glob}\n`).join('');
    return [
      await packageVsix('universal', `minnow-${version}.vsix`, allowed, []),
      await packageVsix('platform', `minnow-${version}-${target}.vsix`, allowedHere, ['--target', target]),
    ];
  });
}

async function packageVsix(kind: Vsix['kind'], name: string, ignored: string, args: readonly string[]): Promise<Vsix> {
  const temporary = await mkdtemp(join(tmpdir(), 'minnow-package-'));
  try {
    const ignoreFile = join(temporary, 'vscodeignore');
    await writeFile(ignoreFile, ignored);
    const file = join(OUT, name);
    await packageFolder(REPOSITORY, file, ['--ignoreFile', ignoreFile, ...args]);
    return { kind, file: relative(REPOSITORY, file), bytes: (await stat(file)).size };
  } finally {
    await rm(temporary, { recursive: true });
  }
}

/** Packages an extension that is built. Any warning of the packager is an error. */
export async function packageFolder(folder: string, file: string, args: readonly string[]): Promise<void> {
  await mkdir(dirname(file), { recursive: true });
  const unfinished = `${file}.unfinished`;
  const output = await runNode(
    [
      join(REPOSITORY, 'node_modules/@vscode/vsce/vsce'),
      ...['package', '--no-dependencies', '--no-rewrite-relative-links', '--allow-missing-repository'],
      ...['--out', unfinished, ...args],
    ],
    folder,
  );
  // vsce asks about a warning only on a terminal; elsewhere it answers itself with yes.
  if (/warning/i.test(output)) throw new Error(`vsce warned:\n${output}`);
  await rename(unfinished, file);
}

/** @returns what the program printed, on either stream */
async function runNode(args: readonly string[], cwd: string): Promise<string> {
  const { stdout, stderr } = await execFileAsync(process.execPath, args, { cwd }).catch(error => {
    throw new Error(`${args[0]} failed:\n${error.stdout}${error.stderr}`);
  });
  return stdout + stderr;
}
