import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { TargetDocument } from './oracle.ts';
import { logNormal, type Random } from './seededRandom.ts';

export type Situation = 'endOfFile' | 'textBelow';
export type TypingSpeed = 'slow' | 'median' | 'fast';
export type TraceSet = 'practice' | 'heldOut' | 'small';

/** Somebody types one region of a real file, at one speed, with one seed. */
export interface Trace {
  readonly name: string;
  readonly languageId: string;
  readonly fileName: string;
  readonly situation: Situation;
  readonly speed: TypingSpeed;
  readonly seed: number;
  readonly document: TargetDocument;
}

interface Source {
  readonly file: string;
  readonly languageId: string;
  /** First and last line of what is typed, counted from 1. */
  readonly lines: readonly [number, number];
  readonly speed: TypingSpeed;
}

const FIXTURES = join(import.meta.dirname, '../fixtures/typing');

/**
 * Tune to `practice` alone. `heldOut` has other files, other projects and other seeds, and is only ever measured. `small`
 * holds programs of the kind that the model which comes with Minnow can write.
 */
const SOURCES: Record<TraceSet, { readonly seed: number; readonly sources: readonly Source[] }> = {
  practice: {
    seed: 1,
    sources: [
      { file: 'dispatcher.ts', languageId: 'typescript', lines: [79, 148], speed: 'median' },
      { file: 'cachetools.py', languageId: 'python', lines: [246, 335], speed: 'median' },
      { file: 'list.go', languageId: 'go', lines: [134, 209], speed: 'fast' },
      { file: 'strsim.rs', languageId: 'rust', lines: [90, 183], speed: 'slow' },
      { file: 'cssScanner.c', languageId: 'c', lines: [24, 84], speed: 'median' },
    ],
  },
  heldOut: {
    seed: 7001,
    sources: [
      { file: 'zodError.ts', languageId: 'typescript', lines: [194, 291], speed: 'median' },
      { file: 'number.py', languageId: 'python', lines: [343, 411], speed: 'median' },
      { file: 'scan.go', languageId: 'go', lines: [139, 255], speed: 'slow' },
      { file: 'fixedbitset.rs', languageId: 'rust', lines: [143, 240], speed: 'fast' },
      { file: 'pythonScanner.c', languageId: 'c', lines: [95, 210], speed: 'median' },
    ],
  },
  small: {
    seed: 301,
    sources: [
      { file: 'inventory.ts', languageId: 'typescript', lines: [22, 80], speed: 'median' },
      { file: 'library.py', languageId: 'python', lines: [21, 66], speed: 'median' },
    ],
  },
};

export function loadTraces(set: TraceSet): Trace[] {
  const { seed, sources } = SOURCES[set];
  const situations: readonly Situation[] = ['endOfFile', 'textBelow'];
  return sources.flatMap((source, index) =>
    situations.map((situation, at) => ({
      name: `${basename(source.file)} ${situation}`,
      languageId: source.languageId,
      fileName: source.file,
      situation,
      speed: source.speed,
      seed: seed + index * 10 + at,
      document: readTarget(join(FIXTURES, set, source.file), source.lines, situation),
    })),
  );
}

function readTarget(path: string, [first, last]: readonly [number, number], situation: Situation): TargetDocument {
  const lines = readFileSync(path, 'utf8').split('\n');
  const regionStart = lines.slice(0, first - 1).join('\n').length + 1;
  const regionEnd = lines.slice(0, last).join('\n').length;
  const text = lines.join('\n');
  const kept = situation === 'endOfFile' ? text.slice(0, regionEnd) : text;
  return { name: `${basename(path)} ${situation}`, text: kept, regionStart, regionEnd };
}

const MEAN_GAP_MS: Record<TypingSpeed, number> = { slow: 290, median: 200, fast: 145 };
const GAP_SIGMA = 0.45;
const THINKING_SHARE = 0.1;
const THINKING_MEAN_MS = 1000;
const THINKING_SIGMA = 0.5;
const LINE_START_FACTOR = 2;
const AFTER_OPENER_FACTOR = 1.5;
const READING_MEAN_MS = 450;

/** Log-normal gaps between keys, longer where people look up or think, as Dhakal et al. (CHI 2018) found them. */
export function gapBeforeMs(random: Random, speed: TypingSpeed, previous: string): number {
  const factor = previous === '\n' ? LINE_START_FACTOR : /[(=.]/.test(previous) ? AFTER_OPENER_FACTOR : 1;
  const gapMs = logNormal(random, MEAN_GAP_MS[speed], GAP_SIGMA) * factor;
  const thinks = random() < THINKING_SHARE;
  return gapMs + (thinks ? logNormal(random, THINKING_MEAN_MS, THINKING_SIGMA) : 0);
}

/** After Tab people read what came before they go on. */
export function gapAfterAcceptMs(random: Random): number {
  return logNormal(random, READING_MEAN_MS, GAP_SIGMA);
}
