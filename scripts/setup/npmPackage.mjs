// Fetches one pinned npm package as a folder, without installing it. Plain JavaScript: it also fetches the Node that would
// run TypeScript.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';

const execFileAsync = promisify(execFile);

/**
 * @typedef {object} PinnedPackage
 * @property {string} name
 * @property {string} version
 * @property {string} sha512 of the tarball, base64, as the registry's `integrity` states it
 * @property {string} folder where it will stand
 * @property {string} [inside] the part of the package that is wanted, a path within it; the whole by default
 */

/**
 * Puts a package's files into `folder`. The folder appears at once and whole, or not at all, so that a second run or a cut-off
 * one finds nothing half done. Throws when the tarball is not the pinned one.
 * @param {PinnedPackage} wanted
 */
export async function unpackPackage({ name, version, sha512, folder, inside = '' }) {
  await mkdir(dirname(folder), { recursive: true });
  const temporary = await mkdtemp(join(dirname(folder), `.${basename(folder)}-`));
  try {
    const { stdout } = await npm(['pack', '--silent', `${name}@${version}`], temporary);
    const tarball = join(temporary, stdout.trim().split('\n').at(-1) ?? '');
    const hash = createHash('sha512');
    await pipeline(createReadStream(tarball), hash);
    const actual = hash.digest('base64');
    if (actual !== sha512) throw new Error(`${name}@${version} has the checksum ${actual}, expected ${sha512}`);
    const part = join('package', inside);
    await execFileAsync('tar', ['xzf', tarball, '-C', temporary, part]);
    await rename(join(temporary, part), folder).catch(async error => {
      // Another run was first, with the same pinned content.
      if (!(await stat(folder).catch(() => undefined))) throw error;
    });
  } finally {
    await rm(temporary, { recursive: true, force: true });
  }
}

/**
 * Runs npm quietly. Under `npm start` the npm that runs us is used, otherwise the one on the path.
 * @param {string[]} args
 * @param {string} cwd
 * @param {Record<string, string>} [env] besides the inherited environment
 */
export function npm(args, cwd, env = {}) {
  const quiet = [...args, '--no-audit', '--no-fund', '--loglevel=error'];
  const options = { cwd, env: { ...process.env, ...env }, maxBuffer: 64 * 1024 * 1024 };
  const cli = process.env.npm_execpath;
  return cli?.endsWith('.js')
    ? execFileAsync(process.execPath, [cli, ...quiet], options)
    : execFileAsync('npm', quiet, options);
}
