// npm run bench -- --retrieval: does the context hold what the next line needs? Lines that people wrote between two releases
// of four projects; how many of each line's names stand in the prompt, with and without each gatherer.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { structuredPatch } from 'diff';
import { systemClock } from '../../../src/base/clock.ts';
import { silentLogger } from '../../../src/base/logger.ts';
import {
  createGatheredContext,
  type Gatherer,
  type GatherPlace,
} from '../../../src/completion/context/gatheredContext.ts';
import { RecentEdits } from '../../../src/completion/context/recentEdits.ts';
import { contextText } from '../../../src/completion/prompt/contextText.ts';
import { FAMILIES, type FimFamily } from '../../../src/completion/prompt/families.ts';
import { describeMachine } from '../report.ts';
import { documentOf, editor, standInForEditor } from './editorStub.ts';
import { fetchRelease, PROJECTS } from './releases.ts';
import { identifiersOf, type RetrievalTask, tasksBetween } from './tasks.ts';

/** As the prompt planner has it with 2,048 tokens: its window above, its share below, its room for context. */
const WINDOW_CHARS = 3400;
const BELOW_CHARS = 1400;
const CONTEXT_CHARS = 2100;
const LINES_AROUND = 30;
/** How many of the files changed so far are still open. */
const OPEN_FILES = 8;

/** One that names each file in its own way, as most do that small models come from. */
const [FAMILY] = FAMILIES as [FimFamily];

interface Score {
  /** Names of the next lines that the window does not hold. */
  needed: number;
  found: number;
  contextChars: number;
  readonly gatherMs: number[];
}

type CreateGatherers = typeof import('../../../src/vscode/contextGatherers.ts');

async function loadTasks(): Promise<RetrievalTask[]> {
  const tasks: RetrievalTask[] = [];
  for (const project of PROJECTS) {
    const folders: string[] = [];
    for (const version of project.versions) folders.push(await fetchRelease(project, version));
    for (const [index, newer] of folders.entries()) {
      const older = folders[index - 1];
      if (older) tasks.push(...tasksBetween(project, older, newer));
    }
  }
  return tasks;
}

/** Puts the task's state before the gatherers: what was changed before this line was edited, looked at and is open. */
function setEditor(task: RetrievalTask, { createGatherers, RecentViews }: CreateGatherers) {
  const { languageId, changedBefore } = task;
  const own = documentOf(task.path, languageId, task.prefix + task.suffix);
  const lately = changedBefore.slice(-OPEN_FILES);
  editor.open = [own, ...lately.map(({ path, after }) => documentOf(path, languageId, after))];
  editor.project = [own, ...task.others.map(({ path, text }) => documentOf(path, languageId, text))];
  const edits = new RecentEdits();
  const views = new RecentViews();
  for (const { path, before, after } of lately) {
    for (const hunk of structuredPatch('a', 'b', before, after, '', '', { context: 0 }).hunks) {
      const firstLine = hunk.newStart - 1;
      edits.note({ uri: `file:///${path}`, firstLine, lastLine: firstLine + Math.max(0, hunk.newLines - 1), atMs: 0 });
      views.note(`file:///${path}`, Math.max(0, firstLine - 20), firstLine + 20);
    }
  }
  return createGatherers(edits, views);
}

function placeOf(task: RetrievalTask): GatherPlace {
  const above = task.prefix.split('\n');
  const below = task.suffix.split('\n');
  return {
    uri: `file:///${task.path}`,
    path: task.path,
    languageId: task.languageId,
    line: above.length - 1,
    around: [...above.slice(-LINES_AROUND), ...below.slice(0, LINES_AROUND / 2)].join('\n'),
  };
}

async function contextOf(task: RetrievalTask, gatherers: readonly Gatherer[]): Promise<string> {
  const gathered = createGatheredContext({
    clock: systemClock,
    log: silentLogger,
    repository: task.repository,
    gatherers,
    isIgnored: async () => false,
  });
  const place = placeOf(task);
  await gathered.refresh(place);
  const context = await gathered.snapshot({ uri: place.uri, languageId: task.languageId });
  gathered.dispose();
  const text = contextText(context, task, FAMILY, CONTEXT_CHARS);
  return text.outside + text.inside;
}

function note(score: Score, task: RetrievalTask, context: string): void {
  const window = identifiersOf(windowOf(task));
  const given = identifiersOf(context);
  score.contextChars += context.length;
  for (const name of identifiersOf(task.nextLine)) {
    if (window.has(name)) continue;
    score.needed++;
    if (given.has(name)) score.found++;
  }
}

function windowOf({ prefix, suffix }: RetrievalTask): string {
  return prefix.slice(-WINDOW_CHARS) + suffix.slice(0, BELOW_CHARS);
}

/** Names that no window holds, but some other file of the project: what the best retrieval could reach. */
function countElsewhere(task: RetrievalTask): number {
  const window = identifiersOf(windowOf(task));
  const others = identifiersOf(task.others.map(({ text }) => text).join('\n'));
  return [...identifiersOf(task.nextLine)].filter(name => !window.has(name) && others.has(name)).length;
}

export async function runRetrieval(out: string): Promise<void> {
  standInForEditor();
  const product = await import('../../../src/vscode/contextGatherers.ts');
  const tasks = await loadTasks();
  const scores = new Map<string, Score>();
  for (const task of tasks) {
    const gatherers = setEditor(task, product);
    const kinds = gatherers.map(({ kind }) => kind).filter(kind => kind !== 'diagnostic' && kind !== 'notebookCell');
    const choices = new Map<string, readonly Gatherer[]>([
      ['nothing', []],
      ['all', gatherers],
      ...kinds.map(kind => [kind, gatherers.filter(one => one.kind === kind)] as const),
      ...kinds.map(kind => [`all but ${kind}`, gatherers.filter(one => one.kind !== kind)] as const),
    ]);
    for (const [choice, chosen] of choices) {
      const score = scores.get(choice) ?? { needed: 0, found: 0, contextChars: 0, gatherMs: [] };
      scores.set(choice, score);
      const startedMs = performance.now();
      const context = await contextOf(task, chosen);
      score.gatherMs.push(performance.now() - startedMs);
      note(score, task, context);
    }
  }
  const names = tasks.reduce((sum, { nextLine }) => sum + identifiersOf(nextLine).size, 0);
  const elsewhere = tasks.reduce((sum, task) => sum + countElsewhere(task), 0);
  const rows = [...scores].map(([choice, score]) => ({ choice, ...score, gatherMs: meanOf(score.gatherMs) }));
  const result = {
    date: new Date().toISOString(),
    machine: describeMachine(),
    tasks: tasks.length,
    names,
    elsewhere,
    rows,
  };
  mkdirSync(out, { recursive: true });
  writeFileSync(join(out, 'retrieval.json'), `${JSON.stringify(result, undefined, 2)}\n`);
  console.log(tableOf(result));
}

function tableOf({
  tasks,
  names,
  elsewhere,
  rows,
}: {
  tasks: number;
  names: number;
  elsewhere: number;
  rows: Row[];
}): string {
  const percent = (part: number, whole: number) => `${((part / whole) * 100).toFixed(1)} %`;
  const needed = rows[0]?.needed ?? 0;
  return `${tasks} lines with ${names} names; the window holds ${percent(names - needed, names)}, other files ${percent(elsewhere, names)} more

| context | of the names that the window lacks | of all names, window included | characters | ms |
|---|--:|--:|--:|--:|
${rows
  .map(
    row =>
      `| ${row.choice} | ${percent(row.found, row.needed)} | ${percent(names - row.needed + row.found, names)} | ${(row.contextChars / tasks).toFixed(0)} | ${row.gatherMs.toFixed(1)} |`,
  )
  .join('\n')}`;
}

interface Row {
  readonly choice: string;
  readonly needed: number;
  readonly found: number;
  readonly contextChars: number;
  readonly gatherMs: number;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
