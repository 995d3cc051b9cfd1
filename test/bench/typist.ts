import type { Clock } from '../../src/base/clock.ts';
import { isRight, rightChars } from './replayLog.ts';
import { seededRandom } from './seededRandom.ts';
import { gapAfterAcceptMs, gapBeforeMs, type Trace } from './traces.ts';
import { wait } from './virtualClock.ts';

/** Tab is pressed in a pause at least this long... */
const ACCEPT_PAUSE_MS = 300;
/** ...on ghost text that has stood so long... */
const ACCEPT_STOOD_MS = 250;
/** ...and saves so many characters. */
const ACCEPT_SAVES_CHARS = 5;
const LOOK_EVERY_MS = 10;

/** Ghost text as it stands on the screen. */
export interface PaintedGhost {
  readonly text: string;
  readonly offset: number;
  /** Typing through it included. */
  readonly sinceMs: number;
}

/** What the typist's hands are on: the model of an editor, or a real one. */
export interface Typewriter {
  /** Where the cursor is in the target. */
  readonly offset: number;
  type(text: string): Promise<void> | void;
  painted(): Promise<PaintedGhost | undefined> | PaintedGhost | undefined;
  /** Takes the ghost text and returns what came. */
  accept(ghost: PaintedGhost): Promise<string> | string;
  /** Takes the characters before the cursor away, as so many keys would. */
  erase(chars: number, keys: number): Promise<void> | void;
}

/** Types the trace's region, taking what is worth taking. The same gaps for every client, as far as they type the same. */
export async function typeTrace(
  trace: Trace,
  typewriter: Typewriter,
  { clock, maxKeys }: { readonly clock: Clock; readonly maxKeys: number },
): Promise<void> {
  const { document } = trace;
  const random = seededRandom(trace.seed);
  let keys = 0;
  let gapMs = 0;
  let lastAtMs = clock.monotonicMs();
  while (typewriter.offset < document.regionEnd && keys < maxKeys) {
    keys++;
    const accepted = await acceptInPause(trace, typewriter, { clock, fromMs: lastAtMs, toMs: lastAtMs + gapMs });
    lastAtMs = clock.monotonicMs();
    if (accepted) {
      keys += await takeWrongEndAway(trace, typewriter, { clock, accepted });
      lastAtMs = clock.monotonicMs();
      gapMs = gapAfterAcceptMs(random);
      continue;
    }
    const typed = nextKey(document.text, typewriter.offset, document.regionEnd);
    await typewriter.type(typed);
    gapMs = gapBeforeMs(random, trace.speed, typed[0] ?? '');
  }
}

/** One key, or Enter with the indentation that the editor puts in by itself. */
export function nextKey(text: string, offset: number, end: number): string {
  const rest = text.slice(offset, end);
  return /^\n[ \t]*/.exec(rest)?.[0] ?? rest.slice(0, 1);
}

interface Pause {
  readonly clock: Clock;
  readonly fromMs: number;
  readonly toMs: number;
}

interface Accepted {
  readonly offset: number;
  readonly text: string;
}

/** Waits the pause out, or until Tab was pressed in it. */
async function acceptInPause(trace: Trace, typewriter: Typewriter, pause: Pause): Promise<Accepted | undefined> {
  const { clock, fromMs, toMs } = pause;
  const leftMs = () => toMs - clock.monotonicMs();
  if (toMs - fromMs < ACCEPT_PAUSE_MS) {
    await wait(clock, leftMs());
    return undefined;
  }
  await wait(clock, fromMs + ACCEPT_PAUSE_MS - clock.monotonicMs());
  while (leftMs() > 0) {
    const ghost = await typewriter.painted();
    if (ghost && isWorthTaking(trace, typewriter.offset, ghost, clock.monotonicMs())) {
      return { offset: ghost.offset, text: await typewriter.accept(ghost) };
    }
    await wait(clock, Math.min(LOOK_EVERY_MS, leftMs()));
  }
  return undefined;
}

function isWorthTaking({ document }: Trace, offset: number, ghost: PaintedGhost, nowMs: number): boolean {
  return (
    ghost.offset === offset &&
    nowMs - ghost.sinceMs >= ACCEPT_STOOD_MS &&
    isRight(document, offset, ghost.text) &&
    rightChars(document, offset, ghost.text) >= ACCEPT_SAVES_CHARS
  );
}

/** What was accepted may be right in its first line and wrong further down: a line of it costs a key, and one to begin. */
async function takeWrongEndAway(
  trace: Trace,
  typewriter: Typewriter,
  { clock, accepted }: { clock: Clock; accepted: Accepted },
): Promise<number> {
  const wrong = accepted.text.slice(rightChars(trace.document, accepted.offset, accepted.text));
  if (wrong === '') return 0;
  const keys = 1 + (wrong.match(/\n/g)?.length ?? 0);
  await wait(clock, 400 + 150 * keys);
  await typewriter.erase(wrong.length, keys);
  return keys;
}
