import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { cacheFolder } from '../../../scripts/setup/bootstrap.mjs';

const run = promisify(execFile);

/** A project whose releases follow each other closely, with its sources in the package. All under the MIT or BSD licence. */
export interface Project {
  readonly registry: 'npm' | 'pip';
  readonly name: string;
  /** Oldest first; each is compared with the one before it. */
  readonly versions: readonly string[];
  /** Where the sources are in the package. */
  readonly sources: string;
  readonly ending: string;
  readonly languageId: string;
}

export const PROJECTS: readonly Project[] = [
  {
    registry: 'npm',
    name: '@tanstack/query-core',
    versions: ['5.80.0', '5.90.2', '5.100.1', '5.105.0', '5.108.0'],
    sources: 'src',
    ending: '.ts',
    languageId: 'typescript',
  },
  {
    registry: 'npm',
    name: '@trpc/server',
    versions: ['11.4.0', '11.8.0', '11.16.0', '11.25.2'],
    sources: 'src',
    ending: '.ts',
    languageId: 'typescript',
  },
  {
    registry: 'pip',
    name: 'httpx',
    versions: ['0.23.0', '0.25.0', '0.27.0', '0.28.1'],
    sources: 'httpx',
    ending: '.py',
    languageId: 'python',
  },
  {
    registry: 'pip',
    name: 'rich',
    versions: ['13.0.0', '13.5.0', '13.9.0', '14.3.0'],
    sources: 'rich',
    ending: '.py',
    languageId: 'python',
  },
];

/** The folder with one release's sources; fetched once with the registry's own client. */
export async function fetchRelease({ registry, name, sources }: Project, version: string): Promise<string> {
  const folder = join(cacheFolder(), 'bench-releases', `${name.replace('/', '-')}-${version}`);
  if (existsSync(folder)) return join(folder, sources);
  await mkdir(join(folder, '..'), { recursive: true });
  const temporary = await mkdtemp(`${folder}.`);
  try {
    if (registry === 'npm') {
      await run('npm', ['pack', '--silent', '--loglevel=error', `${name}@${version}`], { cwd: temporary });
      await run('tar', ['xzf', await theFile(temporary, '.tgz'), '--strip-components=1'], { cwd: temporary });
    } else {
      await run('pip', ['download', '--quiet', '--no-deps', '--only-binary=:all:', `${name}==${version}`], {
        cwd: temporary,
      });
      await run('python3', ['-m', 'zipfile', '-e', await theFile(temporary, '.whl'), '.'], { cwd: temporary });
    }
    await rename(temporary, folder);
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
  return join(folder, sources);
}

async function theFile(folder: string, ending: string): Promise<string> {
  const found = (await readdir(folder)).find(file => file.endsWith(ending));
  if (!found) throw new Error(`the registry's client left no ${ending} in ${folder}`);
  return found;
}
