import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import type { TargetDocument } from './oracle.ts';
import type { ReplayEvent } from './replayLog.ts';

/** One change of what the page shows, in milliseconds since 1970. */
export interface Painted {
  readonly atMs: number;
  /** As drawn: leading tabs may have become blanks. Undefined: nothing is there. */
  readonly text: string | undefined;
}

export interface ScreenWatch {
  readonly keys: readonly number[];
  readonly painted: readonly Painted[];
}

const WATCH_SCRIPT = readFileSync(join(import.meta.dirname, 'page/watchScreen.js'), 'utf8');

/** From now on the page notes keys and ghost text. */
export async function watchScreen(page: Page): Promise<void> {
  await page.evaluate(WATCH_SCRIPT);
}

export function readWatch(page: Page): Promise<ScreenWatch> {
  return page.evaluate(() => (globalThis as unknown as { benchWatch: ScreenWatch }).benchWatch);
}

export function lastPainted(page: Page): Promise<Painted | undefined> {
  return page.evaluate(() => (globalThis as unknown as { benchWatch: ScreenWatch }).benchWatch.painted.at(-1));
}

/**
 * What the screen cannot tell, a tab from blanks, is taken from the target as far as the two agree. So a ghost text that is
 * right reads exactly as the target does.
 */
export function readAsTarget(document: TargetDocument, offset: number, drawn: string): string {
  const truth = document.text.slice(offset, document.regionEnd);
  let inTruth = 0;
  let inDrawn = 0;
  while (inDrawn < drawn.length && inTruth < truth.length) {
    const [blanksDrawn, blanksTrue] = [blanksAt(drawn, inDrawn), blanksAt(truth, inTruth)];
    if (blanksDrawn > 0 && blanksTrue > 0) {
      inDrawn += blanksDrawn;
      inTruth += blanksTrue;
    } else if (drawn[inDrawn] === truth[inTruth]) {
      inDrawn++;
      inTruth++;
    } else break;
  }
  return truth.slice(0, inTruth) + drawn.slice(inDrawn);
}

/** Blanks and tabs from here on; a line break is not one. */
function blanksAt(text: string, at: number): number {
  return /^[ \t]*/.exec(text.slice(at))?.[0].length ?? 0;
}

export type Act = Exclude<ReplayEvent, { kind: 'ghost' }>;

/** Puts each act at the time at which the page got its key; what the bench's witness did had none. */
export function timeByKeys<T extends Act>(acts: readonly T[], keysMs: readonly number[]): T[] {
  let next = 0;
  return acts.map(act => (act.kind === 'erase' ? act : { ...act, atMs: keysMs[next++] ?? act.atMs }));
}

/** Enter and the indentation after it are two inputs to a real editor, and on a busy machine it paints between them. */
const BETWEEN_INPUTS_MS = 1000;

/** Joins what was done with what was painted: each painting belongs to the cursor's place at that time. */
export function toEvents(document: TargetDocument, acts: readonly Act[], painted: readonly Painted[]): ReplayEvent[] {
  const ghosts = painted.map((change): ReplayEvent => {
    const offset = placeOf(
      document,
      acts.findLast(one => one.atMs <= change.atMs),
      change,
    );
    const text = change.text === undefined ? undefined : readAsTarget(document, offset, change.text);
    return { kind: 'ghost', atMs: change.atMs, offset, text, byTyping: false };
  });
  return [...acts, ...ghosts].sort((a, b) => a.atMs - b.atMs || (a.kind === 'ghost' ? 1 : -1));
}

function placeOf(document: TargetDocument, act: Act | undefined, { atMs, text }: Painted): number {
  if (!act) return document.regionStart;
  if (act.kind === 'accept') return act.offset + act.text.length;
  if (act.kind === 'erase' || act.text.length === 1 || text === undefined) return act.offset;
  const indentation = act.text.slice(1);
  const isBetween =
    atMs - act.atMs < BETWEEN_INPUTS_MS && /^[ \t]/.test(text) && !/^[ \t]/.test(document.text.slice(act.offset));
  return isBetween ? act.offset - indentation.length : act.offset;
}
