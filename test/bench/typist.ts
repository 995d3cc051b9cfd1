import type { Clock } from '../../src/base/clock.ts';
import type { BenchClient } from './benchClient.ts';
import { type EditorModel, openEditor } from './editorModel.ts';
import { isRight, type ReplayLog, rightChars } from './replayLog.ts';
import { seededRandom } from './seededRandom.ts';
import type { SlotEngine } from './slotEngine.ts';
import { gapAfterAcceptMs, gapBeforeMs, type Trace } from './traces.ts';
import { wait } from './virtualClock.ts';

/** Tab is pressed in a pause at least this long... */
const ACCEPT_PAUSE_MS = 300;
/** ...on ghost text that has stood so long... */
const ACCEPT_STOOD_MS = 250;
/** ...and saves so many characters. */
const ACCEPT_SAVES_CHARS = 5;
const LOOK_EVERY_MS = 10;
/** Between opening the file and the first key, and after the last one. */
const SETTLE_MS = 1500;

export interface ReplayOptions {
  readonly maxKeys: number;
}

/** Types the trace's region, taking what is worth taking, and logs what went in and what was seen. */
export async function replay(
  trace: Trace,
  side: { readonly client: BenchClient; readonly engine: SlotEngine; readonly clock: Clock },
  { maxKeys }: ReplayOptions,
): Promise<ReplayLog> {
  const { client, engine, clock } = side;
  const { document } = trace;
  const random = seededRandom(trace.seed);
  const editor = openEditor(trace, client, clock);
  const firstRequest = engine.requests.length;
  const busyBeforeMs = engine.busyMs;
  client.opened(editor.snapshot());
  await wait(clock, SETTLE_MS);
  let keys = 0;
  let gapMs = 0;
  while (editor.offset < document.regionEnd && keys < maxKeys) {
    keys++;
    if (await acceptInPause(editor, trace, { clock, gapMs })) {
      keys += await takeWrongEndAway(editor, trace, clock);
      gapMs = gapAfterAcceptMs(random);
      continue;
    }
    const typed = nextKey(document.text, editor.offset, document.regionEnd);
    editor.type(typed);
    gapMs = gapBeforeMs(random, trace.speed, typed[0] ?? '');
  }
  await wait(clock, SETTLE_MS);
  editor.close();
  return {
    trace: trace.name,
    document,
    events: editor.events,
    requests: engine.requests.slice(firstRequest),
    engineBusyMs: engine.busyMs - busyBeforeMs,
    endMs: clock.monotonicMs(),
  };
}

/** One key, or Enter with the indentation that the editor puts in by itself. */
export function nextKey(text: string, offset: number, end: number): string {
  const rest = text.slice(offset, end);
  return /^\n[ \t]*/.exec(rest)?.[0] ?? rest.slice(0, 1);
}

/** Waits out the gap. True: Tab was pressed in it. */
async function acceptInPause(
  editor: EditorModel,
  trace: Trace,
  pause: { readonly clock: Clock; readonly gapMs: number },
): Promise<boolean> {
  const { clock } = pause;
  const nextKeyAtMs = clock.monotonicMs() + pause.gapMs;
  if (pause.gapMs < ACCEPT_PAUSE_MS) {
    await wait(clock, pause.gapMs);
    return false;
  }
  await wait(clock, ACCEPT_PAUSE_MS);
  while (clock.monotonicMs() < nextKeyAtMs) {
    if (worthTaking(editor, trace, clock)) {
      editor.accept();
      return true;
    }
    await wait(clock, Math.min(LOOK_EVERY_MS, nextKeyAtMs - clock.monotonicMs()));
  }
  return false;
}

function worthTaking(editor: EditorModel, trace: Trace, clock: Clock): boolean {
  const ghost = editor.painted;
  if (!ghost || ghost.offset !== editor.offset || clock.monotonicMs() - ghost.sinceMs < ACCEPT_STOOD_MS) return false;
  return (
    isRight(trace.document, ghost.offset, ghost.text) &&
    rightChars(trace.document, ghost.offset, ghost.text) >= ACCEPT_SAVES_CHARS
  );
}

/** What was accepted may be right in its first line and wrong further down: a line of it costs a key, and one to begin. */
async function takeWrongEndAway(editor: EditorModel, trace: Trace, clock: Clock): Promise<number> {
  const accepted = editor.events.at(-1);
  if (accepted?.kind !== 'accept') return 0;
  const wrong = accepted.text.slice(rightChars(trace.document, accepted.offset, accepted.text));
  if (wrong === '') return 0;
  const keys = 1 + (wrong.match(/\n/g)?.length ?? 0);
  await wait(clock, 400 + 150 * keys);
  editor.erase(wrong.length, keys);
  return keys;
}
