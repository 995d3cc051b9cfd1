// The licences of what is bundled: most ask that their text goes with every copy.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

/**
 * The licences of the packages to which some files belong, one after the other.
 * @param {readonly string[]} files relative to the repository, with slashes
 */
export function licencesOf(files) {
  const folders = files.flatMap(file => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0] ?? []);
  return [...new Set(folders)]
    .sort()
    .map(licenceIn)
    .join(`\n${'-'.repeat(80)}\n\n`);
}

/** @param {string} folder */
function licenceIn(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
  const file = readdirSync(join(root, folder)).find(entry => /^licen[cs]e/i.test(entry));
  const text = file === undefined ? '' : readFileSync(join(root, folder, file), 'utf8');
  return `${name} ${version} (${license})\n\n${text.trim()}\n`;
}

/**
 * For esbuild: after each build, LICENSES.txt stands beside the bundles.
 * @param {{ readonly alsoOf?: readonly string[] }} [options] alsoOf: files of packages that are shipped in another form
 * @returns {import('esbuild').Plugin}
 */
export function shipsLicences({ alsoOf = [] } = {}) {
  return {
    name: 'ships-licences',
    setup(build) {
      build.onEnd(({ metafile }) => {
        const { outdir } = build.initialOptions;
        if (!metafile || outdir === undefined) return;
        writeFileSync(join(outdir, 'LICENSES.txt'), licencesOf([...Object.keys(metafile.inputs), ...alsoOf]));
      });
    },
  };
}
