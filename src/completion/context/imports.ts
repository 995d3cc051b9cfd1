/** Where a line takes something from another module, by the notation of most languages; group 1 is what it names. */
const IMPORTS: readonly RegExp[] = [
  /\bfrom\s?['"]([^'"\n]{1,200})['"]/g,
  /\bimport\s?\(?['"]([^'"\n]{1,200})['"]/g,
  /\brequire\(['"]([^'"\n]{1,200})['"]\)/g,
  /^ {0,8}from ([.\w]{1,200}) import\b/gm,
  /^ {0,8}(?:pub )?(?:import|use|mod) ([\w.:]{1,200})(?=[;{,\r]|$| as\b)/gm,
  /^#include "([^"\n]{1,200})"/gm,
];
/** Imports stand at the top; what comes later is none, or one too many. */
const READ_CHARS = 20_000;
export const MAX_IMPORTS = 48;

/** The modules that a text names, in its own words and order. */
export function importsOf(text: string): readonly string[] {
  const head = text.slice(0, READ_CHARS);
  const found = IMPORTS.flatMap(pattern =>
    [...head.matchAll(pattern)].map(match => ({ at: match.index, name: match[1] ?? '' })),
  );
  const names = found.sort((a, b) => a.at - b.at).map(({ name }) => name);
  return [...new Set(names)].slice(0, MAX_IMPORTS);
}

/** Files that a file of one ending may import under the name of another. */
const KIN: Readonly<Record<string, readonly string[]>> = {
  '.ts': ['.tsx', '.d.ts', '.js'],
  '.tsx': ['.ts', '.d.ts', '.js', '.jsx'],
  '.js': ['.jsx', '.mjs', '.ts'],
  '.jsx': ['.js', '.tsx', '.ts'],
  '.mjs': ['.js', '.ts'],
};
const SOURCE_ENDING = /\.(?:[cm]?[jt]sx?|py|h|hpp|c|cpp|rs)$/;

/**
 * The paths in the same folder tree at which the module may be that `importer` names; the likeliest first. Empty for what
 * cannot be told from the name alone, such as a package.
 *
 * @param importer relative to the tree's root, forward slashes
 */
export function pathsOf(module: string, importer: string): readonly string[] {
  const folder = importer.split('/').slice(0, -1);
  const ending = /\.[A-Za-z]+$/.exec(importer)?.[0] ?? '';
  if (/^\.{1,2}\//.test(module)) return filesOf(resolve(folder, module.split('/')), ending);
  if (ending === '.py') return pythonFiles(module, folder);
  if (ending === '.rs') return rustFiles(module, folder);
  if (/\.(h|hpp|c|cc|cpp)$/.test(importer)) return [resolve(folder, module.split('/')), module];
  return [];
}

function filesOf(path: string, ending: string): readonly string[] {
  const plain = path.replace(SOURCE_ENDING, '');
  const endings = [ending, ...(KIN[ending] ?? [])];
  const files = endings.map(one => plain + one);
  if (plain !== path) return [...new Set([path, ...files])];
  return [...files, ...endings.map(one => `${plain}/index${one}`)];
}

/** One dot is the importer's own package, each further one a package above it. */
function pythonFiles(module: string, folder: readonly string[]): readonly string[] {
  const dots = /^\.*/.exec(module)?.[0].length ?? 0;
  const steps = module
    .slice(dots)
    .split('.')
    .filter(step => step !== '');
  const roots = dots > 0 ? [folder.slice(0, folder.length - (dots - 1))] : [[], ['src'], folder];
  return roots.flatMap(root => {
    const path = [...root, ...steps].join('/');
    return steps.length === 0 ? [`${path}/__init__.py`] : [`${path}.py`, `${path}/__init__.py`];
  });
}

function rustFiles(module: string, folder: readonly string[]): readonly string[] {
  const steps = module.split('::').filter(step => step !== '' && step !== 'self');
  const root = steps[0] === 'crate' ? folder.slice(0, folder.indexOf('src') + 1) : folder;
  const names = steps.filter(step => step !== 'crate' && step !== 'super');
  // The last step may be a type in the module before it.
  const paths = [names, names.slice(0, -1)].filter(one => one.length > 0).map(one => [...root, ...one].join('/'));
  return paths.flatMap(path => [`${path}.rs`, `${path}/mod.rs`]);
}

function resolve(folder: readonly string[], steps: readonly string[]): string {
  const path = [...folder];
  for (const step of steps) {
    if (step === '..') path.pop();
    else if (step !== '.') path.push(step);
  }
  return path.join('/');
}
