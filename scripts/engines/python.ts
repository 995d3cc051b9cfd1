import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { SetupError } from './workshop.ts';

/** The first interpreter of the wanted versions, in their order, that runs and can make virtual environments. Downloads none. */
export function findPython(versions: readonly string[]): string {
  for (const version of versions) {
    const found = candidatesFor(version).find(python => runs(python, version));
    if (found) return found;
  }
  const wanted = versions.length === 1 ? `Python ${versions[0]}` : `one of Python ${versions.join(', ')}`;
  throw new SetupError(`${wanted} with venv is needed; looked at MINNOW_PYTHON, the PATH, pyenv's versions and uv`);
}

function candidatesFor(version: string): readonly string[] {
  const named = process.env.MINNOW_PYTHON;
  return [...(named ? [named] : []), `python${version}`, 'python3', ...pyenvPythons(version), ...uvPython(version)];
}

/** pyenv's shims answer only for the versions that are switched on, so its folders are looked at directly. */
function pyenvPythons(version: string): readonly string[] {
  const versions = join(process.env.PYENV_ROOT ?? join(homedir(), '.pyenv'), 'versions');
  if (!existsSync(versions)) return [];
  return readdirSync(versions)
    .filter(name => name === version || name.startsWith(`${version}.`))
    .map(name => join(versions, name, 'bin', 'python3'));
}

function uvPython(version: string): readonly string[] {
  const found = spawnSync('uv', ['python', 'find', '--no-python-downloads', version], { encoding: 'utf8' });
  return found.status === 0 ? [found.stdout.trim()] : [];
}

/** A shim or a half-removed installation may be there without working, so it is asked. */
function runs(python: string, version: string): boolean {
  const check = 'import ensurepip, sys, venv; print("%d.%d" % sys.version_info[:2])';
  const told = spawnSync(python, ['-c', check], { encoding: 'utf8', timeout: 10_000 });
  return told.status === 0 && (told.stdout.trim() === version || told.stdout.trim().startsWith(`${version}.`));
}
