import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { structuredPatch } from 'diff';
import { hashFraction } from '../seededRandom.ts';
import type { Project } from './releases.ts';

export interface SourceText {
  readonly path: string;
  readonly text: string;
}

/** A line that somebody wrote between two releases, and the project as it stood just before. */
export interface RetrievalTask {
  readonly repository: string;
  readonly languageId: string;
  readonly path: string;
  readonly prefix: string;
  readonly suffix: string;
  readonly nextLine: string;
  /** All other files, the ones changed earlier in their new state. */
  readonly others: readonly SourceText[];
  /** Files that were changed before this one, the last one last: what is open, viewed, and recently edited. */
  readonly changedBefore: readonly { readonly path: string; readonly before: string; readonly after: string }[];
  /** This file as the older release has it, for the edits made above. */
  readonly ownBefore: string;
}

const MIN_NEW_IDENTIFIERS = 2;
const TASKS_A_PAIR = 40;

/** The files are changed in the order of their paths, each from top to bottom. */
export function tasksBetween(project: Project, olderFolder: string, newerFolder: string): RetrievalTask[] {
  const older = readSources(olderFolder, project.ending);
  const newer = readSources(newerFolder, project.ending);
  const changed = [...newer.keys()].filter(path => older.has(path) && older.get(path) !== newer.get(path)).sort();
  const tasks = changed.flatMap((path, index) => {
    const changedBefore = changed
      .slice(0, index)
      .map(one => ({ path: one, before: older.get(one) ?? '', after: newer.get(one) ?? '' }));
    const now = new Map([...older, ...changedBefore.map(one => [one.path, one.after] as const)]);
    const others = [...now].filter(([other]) => other !== path).map(([other, text]) => ({ path: other, text }));
    const ownBefore = older.get(path) ?? '';
    return addedLines(ownBefore, newer.get(path) ?? '').map(added => ({
      repository: project.name,
      languageId: project.languageId,
      path,
      ...added,
      others,
      changedBefore,
      ownBefore,
    }));
  });
  const luck = (task: RetrievalTask) => hashFraction(task.path, task.prefix.length);
  return tasks
    .filter(isWorthAsking)
    .sort((a, b) => luck(a) - luck(b))
    .slice(0, TASKS_A_PAIR);
}

function readSources(folder: string, ending: string): Map<string, string> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && entry.name.endsWith(ending) && !/test|\.d\.ts$|_unicode|_emoji/.test(entry.name))
    .map(entry => join(entry.parentPath, entry.name));
  return new Map(files.map(file => [relative(folder, file), readFileSync(file, 'utf8')]));
}

/** Each added line with the new text above it and the old text that still stands below. */
function addedLines(before: string, after: string): { prefix: string; suffix: string; nextLine: string }[] {
  const { hunks } = structuredPatch('a', 'b', before, after, '', '', { context: 0 });
  const [oldLines, newLines] = [before.split('\n'), after.split('\n')];
  return hunks.flatMap(hunk => {
    const below = oldLines.slice(hunk.oldStart - 1 + hunk.oldLines).join('\n');
    return Array.from({ length: hunk.newLines }, (_, index) => {
      const at = hunk.newStart - 1 + index;
      return { prefix: `${newLines.slice(0, at).join('\n')}\n`, suffix: `\n${below}`, nextLine: newLines[at] ?? '' };
    });
  });
}

function isWorthAsking({ nextLine }: RetrievalTask): boolean {
  return (
    !/^\s*(\/\/|\*|\/\*|#|import\b|from\b|""")/.test(nextLine) && identifiersOf(nextLine).size >= MIN_NEW_IDENTIFIERS
  );
}

const KEYWORDS = new Set(
  (
    'abstract and any as assert async await bool boolean break case catch class const continue def default del elif else ' +
    'enum except export extends False finally for from function get global if implements import in instanceof interface ' +
    'int is lambda let new None nonlocal not null number object or pass private protected public raise readonly return ' +
    'self set static str string super switch this throw True try type typeof undefined union unknown var void while with yield'
  ).split(' '),
);

/** Names of three letters or more that are no words of the language. */
export function identifiersOf(text: string): Set<string> {
  const words = text.match(/[A-Za-z_$][\w$]{2,}/g) ?? [];
  return new Set(words.filter(word => !KEYWORDS.has(word)));
}
