import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { EMBEDDED_FILES } from '../embedded.mjs';
import { exclusively } from '../setup/cache.ts';
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
  return exclusively('package', async () => {
    await runNode([join(REPOSITORY, 'esbuild.js'), '--production']);
    await mkdir(OUT, { recursive: true });
    const { version } = JSON.parse(await readFile(join(REPOSITORY, 'package.json'), 'utf8'));
    const target = `${process.platform}-${process.arch}`;
    return [
      await vsce('universal', join(OUT, `minnow-${version}.vsix`), []),
      await vsce('platform', join(OUT, `minnow-${version}-${target}.vsix`), ['--target', target]),
    ];
  });
}

async function vsce(kind: Vsix['kind'], file: string, args: readonly string[]): Promise<Vsix> {
  const temporary = await mkdtemp(join(tmpdir(), 'minnow-package-'));
  try {
    const ignoreFile = join(temporary, 'vscodeignore');
    const allowed = await readFile(join(REPOSITORY, '.vscodeignore'), 'utf8');
    await writeFile(
      ignoreFile,
      kind === 'platform' ? allowed + PLATFORM_FILES.map(glob => `!${glob}\n`).join('') : allowed,
    );
    const unfinished = `${file}.unfinished`;
    const output = await runNode([
      join(REPOSITORY, 'node_modules/@vscode/vsce/vsce'),
      ...['package', '--no-dependencies', '--no-rewrite-relative-links', '--allow-missing-repository'],
      ...['--ignoreFile', ignoreFile, '--out', unfinished, ...args],
    ]);
    // vsce asks about a warning only on a terminal; elsewhere it answers itself with yes.
    if (/warning/i.test(output)) throw new Error(`vsce warned:\n${output}`);
    await rename(unfinished, file);
    return { kind, file: relative(REPOSITORY, file), bytes: (await stat(file)).size };
  } finally {
    await rm(temporary, { recursive: true });
  }
}

/** @returns what the program printed, on either stream */
async function runNode(args: readonly string[]): Promise<string> {
  const { stdout, stderr } = await execFileAsync(process.execPath, args, { cwd: REPOSITORY }).catch(error => {
    throw new Error(`${args[0]} failed:\n${error.stdout}${error.stderr}`);
  });
  return stdout + stderr;
}
