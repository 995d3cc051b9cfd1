// The walls of the house: ARCHITECTURE.md says who may import whom and what must never happen; this test holds it.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');
const src = join(root, 'src');

type Reach = 'all' | 'types';
const ROOMS = [
  'base',
  'settings',
  'backends',
  'metering',
  'routing',
  'completion',
  'chat',
  'models',
  'embedded',
] as const;

/** Row may import column. A row always may import itself. */
const MAY_IMPORT: Record<string, Record<string, Reach>> = {
  base: {},
  settings: { base: 'all' },
  backends: { base: 'all' },
  metering: { base: 'all', backends: 'types' },
  routing: { base: 'all', settings: 'types', backends: 'all', metering: 'all' },
  completion: { base: 'all', settings: 'types', backends: 'types', metering: 'all', routing: 'all' },
  chat: { base: 'all', settings: 'types', backends: 'types', metering: 'all', routing: 'all' },
  models: { base: 'all', settings: 'all', backends: 'all', metering: 'types', routing: 'all' },
  embedded: { base: 'all', backends: 'types' },
  webview: {},
  vscode: Object.fromEntries([...ROOMS.map(room => [room, 'all']), ['backends', 'types'], ['webview', 'all']]),
};

interface SourceFile {
  path: string;
  room: string;
  lines: string[];
  imports: { target: string; typesOnly: boolean }[];
}

function filesUnder(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith('.ts') && !entry.parentPath.includes('node_modules'))
    .map(entry => join(entry.parentPath, entry.name));
}

const IMPORT = /(?:^|\n)\s*(?:import|export)\s+(type\s+)?([^;'"]*?)\s*(?:from\s*)?['"]([^'"]+)['"]/g;

function read(file: string): SourceFile {
  const text = readFileSync(file, 'utf8');
  const path = relative(src, file);
  const imports = [...text.matchAll(IMPORT)].map(([, type, names = '', target = '']) => ({
    target: target.startsWith('.') ? relative(src, resolve(dirname(file), target)) : target,
    typesOnly: type !== undefined || /^\{\s*(type\s+[\w\s]+,?\s*)+\}$/.test(names),
  }));
  return { path, room: path.includes('/') ? (path.split('/')[0] ?? '') : '.', lines: text.split('\n'), imports };
}

const files = filesUnder(src).map(read);

function offenders(check: (file: SourceFile) => string[]): string[] {
  return files.flatMap(file => check(file).map(what => `${file.path}: ${what}`));
}

describe('walls', () => {
  it('reads the house', () => {
    expect(files.length).toBeGreaterThan(15);
    expect(files.find(file => file.path === 'routing/dispatcher.ts')?.imports.length).toBeGreaterThan(5);
  });

  it('lets each room import only what the table allows', () => {
    expect(
      offenders(file => {
        const allowed = MAY_IMPORT[file.room];
        if (!allowed) return [];
        return file.imports.flatMap(({ target, typesOnly }) => {
          const room = target.split('/')[0] ?? '';
          if (!(room in MAY_IMPORT) || room === file.room || !target.includes('/') || target.startsWith('@')) return [];
          if (!files.some(other => other.path === target)) return [];
          const reach = allowed[room];
          if (room === 'webview' && !/^webview\/(\w+P|p)rotocol\.ts$/.test(target)) return [`imports ${target}`];
          return reach === 'all' || (reach === 'types' && typesOnly) ? [] : [`imports ${target}`];
        });
      }),
    ).toEqual([]);
  });

  it('lets only the adapters and the entry import vscode at run time', () => {
    expect(
      offenders(file =>
        file.room === 'vscode' || file.path === 'extension.ts'
          ? []
          : file.imports
              .filter(({ target, typesOnly }) => target === 'vscode' && !typesOnly)
              .map(() => 'imports vscode'),
      ),
    ).toEqual([]);
  });

  it('lets only backends/http.ts open a connection', () => {
    expect(
      offenders(file =>
        file.path === 'backends/http.ts'
          ? []
          : linesWith(file, /(?<![\w.])fetch\(|globalThis\.fetch|from '(undici|(node:)?(https?|http2|net|tls|dgram))'/),
      ).filter(line => !line.startsWith('embedded/')),
    ).toEqual([]);
  });

  it('lets only the door call generate on a backend', () => {
    expect(
      offenders(file => (file.path === 'routing/dispatcher.ts' ? [] : linesWith(file, /backend\.generate\(/))),
    ).toEqual([]);
  });

  it('lets only the privacy policy grant network', () => {
    const may = ['routing/privacyPolicy.ts', 'backends/permit.ts'];
    expect(offenders(file => (may.includes(file.path) ? [] : linesWith(file, /grantNetwork/)))).toEqual([]);
  });

  it('takes time from the clock port alone', () => {
    expect(
      offenders(file =>
        file.path === 'base/clock.ts' || file.room === 'webview'
          ? []
          : linesWith(file, /Date\.now\(|new Date\(\)|(?<![\w.])set(Timeout|Interval|Immediate)\(|performance\.now\(/),
      ),
    ).toEqual([]);
  });

  it('has no import cycles', () => {
    const graph = new Map(files.map(file => [file.path, file.imports.filter(i => !i.typesOnly).map(i => i.target)]));
    expect(findCycle(graph)).toBeUndefined();
  });

  it('keeps files under 400 lines and functions under 70', () => {
    expect(offenders(file => (file.lines.length > 401 ? [`${file.lines.length} lines`] : []))).toEqual([]);
    expect(offenders(file => longFunctions(file))).toEqual([]);
  });

  it('has no names that say nothing', () => {
    const empty = /(^|\/)(utils?|helpers?|common|misc)\.ts$|(Manager|Helper|Service|Utils)\.ts$/;
    expect(files.map(file => file.path).filter(path => empty.test(path))).toEqual([]);
  });
});

function linesWith(file: SourceFile, pattern: RegExp): string[] {
  return file.lines.flatMap((line, index) => {
    const code = line.replace(/^\s*(\*|\/\/|\/\*).*$/, '');
    return pattern.test(code) ? [`line ${index + 1}: ${line.trim()}`] : [];
  });
}

/** By indentation, which the formatter guarantees: a function ends at the first line that closes at its own depth. */
function longFunctions(file: SourceFile): string[] {
  const START =
    /^(\s*)(export )?(async )?(function\*?|(static |override |readonly |private |public |get |set )*(async )?\*?[#\w]+\(.*\{$)/;
  return file.lines.flatMap((line, index) => {
    const match = START.exec(line);
    if (!match || !line.trimEnd().endsWith('{') || /^\s*(if|for|while|switch|return|describe|it)\b/.test(line))
      return [];
    const closing = `${match[1]}}`;
    const end = file.lines.findIndex((other, at) => at > index && other.startsWith(closing));
    const length = end - index + 1;
    return length > 70 ? [`line ${index + 1}: a function of ${length} lines`] : [];
  });
}

function findCycle(graph: Map<string, string[]>): string[] | undefined {
  const done = new Set<string>();
  const visit = (path: string, trail: string[]): string[] | undefined => {
    if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
    if (done.has(path)) return undefined;
    for (const next of graph.get(path) ?? []) {
      const cycle = visit(next, [...trail, path]);
      if (cycle) return cycle;
    }
    done.add(path);
    return undefined;
  };
  for (const path of graph.keys()) {
    const cycle = visit(path, []);
    if (cycle) return cycle;
  }
  return undefined;
}
