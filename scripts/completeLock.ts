// Gives package-lock.json a row for every platform package that its packages name, so that `npm ci` accepts it everywhere.
//
// A registry mirror may serve only one platform's packages. `npm install` behind such a mirror writes a lock without the
// others, and `npm ci` then refuses that lock on every machine. Run this after adding a dependency with native parts.
import { readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

interface Lock {
  packages: Record<string, { readonly optionalDependencies?: Readonly<Record<string, string>> } & Partial<PlatformRow>>;
}

interface PlatformRow {
  readonly version: string;
  readonly cpu?: readonly string[];
  readonly dev: true;
  readonly libc?: readonly string[];
  readonly optional: true;
  readonly os?: readonly string[];
}

interface MissingRow {
  readonly name: string;
  readonly version: string;
}

const OS = ['aix', 'android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'win32'];
const OS_ALIASES: Readonly<Record<string, string>> = { mac: 'darwin', win: 'win32', windows: 'win32' };
const CPU = ['arm', 'arm64', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'wasm32', 'x64'];

/** The optional packages that some package names and the lock has no row for. */
export function missingPlatformRows(lock: Lock): MissingRow[] {
  const paths = Object.keys(lock.packages);
  return Object.values(lock.packages)
    .flatMap(row => Object.entries(row.optionalDependencies ?? {}))
    .filter(([name]) => !paths.some(path => path.endsWith(`node_modules/${name}`)))
    .map(([name, version]) => ({ name, version }));
}

/** The row that npm itself would write, less the checksum, which only the registry knows. */
function platformRow({ name, version }: MissingRow): PlatformRow {
  const words = name.split(/[-/]/).map(word => OS_ALIASES[word] ?? word);
  const os = words.find(word => OS.includes(word));
  const cpu = words.find(word => CPU.includes(word));
  return {
    version,
    ...(cpu && { cpu: [cpu] }),
    dev: true,
    ...(words.includes('musl') && { libc: ['musl'] }),
    optional: true,
    ...(os && { os: [os] }),
  };
}

if (process.argv[1] === import.meta.filename) {
  const file = resolve(import.meta.dirname, '../package-lock.json');
  const lock: Lock = JSON.parse(readFileSync(file, 'utf8'));
  const missing = missingPlatformRows(lock);
  for (const row of missing) lock.packages[`node_modules/${row.name}`] = platformRow(row);
  lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en')));
  writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
  console.log(missing.length ? `added ${missing.map(row => row.name).join(', ')}` : 'nothing was missing');
}
