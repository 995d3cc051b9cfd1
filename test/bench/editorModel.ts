import type { Clock } from '../../src/base/clock.ts';
import { type CursorSnapshot, MAX_PREFIX_CHARS, MAX_SUFFIX_CHARS } from '../../src/completion/snapshot.ts';
import type { BenchClient } from './benchClient.ts';
import type { ReplayEvent } from './replayLog.ts';
import type { Trace } from './traces.ts';
import type { PaintedGhost, Typewriter } from './typist.ts';
import { wait } from './virtualClock.ts';

/**
 * How VS Code 1.139 treats a provider of inline completions, measured in a real one: 50 ms fixed debounce, about 10 ms
 * from the window to the extension host, about 30 ms from the answer to the paint; ghost text that is typed through is
 * repainted with the next frame and stands until the newest answer replaces it.
 */
const DEBOUNCE_MS = 50;
const TO_EXTENSION_HOST_MS = 10;
const FROM_EXTENSION_HOST_MS = 10;
const PAINT_MS = 20;
const FRAME_MS = 16;

interface Ghost {
  readonly text: string;
  readonly offset: number;
}

/** One question to the provider, as the window and as the extension host know it. */
interface Asking {
  readonly inWindow: AbortController;
  readonly inHost: AbortController;
}

export interface EditorModel extends Typewriter {
  readonly events: readonly ReplayEvent[];
  snapshot(): CursorSnapshot;
  close(): void;
}

/** The document is what was typed so far (perhaps with a wrong end just accepted) and what stands below. */
export function openEditor(trace: Trace, client: BenchClient, clock: Clock): EditorModel {
  const { document } = trace;
  const below = document.text.slice(document.regionEnd);
  const events: ReplayEvent[] = [];
  let text = document.text.slice(0, document.regionStart);
  let version = 1;
  let ghost: Ghost | undefined;
  let painted: PaintedGhost | undefined;
  let asking: Asking | undefined;

  function paint(byTyping: boolean): void {
    if (ghost?.text === painted?.text && ghost?.offset === painted?.offset) return;
    const atMs = clock.monotonicMs();
    const continues = ghost && painted && isRest(painted, ghost, text);
    painted = ghost && { ...ghost, sinceMs: continues && painted ? painted.sinceMs : atMs };
    events.push({ kind: 'ghost', atMs, offset: ghost?.offset ?? text.length, text: ghost?.text, byTyping });
  }

  async function ask({ inWindow, inHost }: Asking): Promise<void> {
    await wait(clock, DEBOUNCE_MS);
    if (inWindow.signal.aborted) return;
    await wait(clock, TO_EXTENSION_HOST_MS);
    const answer = await client.provide(snapshot(), inHost.signal);
    await wait(clock, FROM_EXTENSION_HOST_MS);
    if (inWindow.signal.aborted) return;
    ghost = answer ? { text: answer, offset: text.length } : undefined;
    await wait(clock, PAINT_MS);
    if (!inWindow.signal.aborted) paint(false);
  }

  function changed(): void {
    version++;
    stopAsking(asking);
    asking = { inWindow: new AbortController(), inHost: new AbortController() };
    void ask(asking);
    clock.after(FRAME_MS, () => paint(true));
  }

  function stopAsking(before: Asking | undefined): void {
    before?.inWindow.abort();
    // The cancellation travels to the extension host as everything else does.
    clock.after(TO_EXTENSION_HOST_MS, () => before?.inHost.abort());
  }

  function snapshot(): CursorSnapshot {
    return snapshotAt(trace, { text, below, version });
  }

  return {
    events,
    get offset() {
      return text.length;
    },
    painted: () => painted,
    snapshot,
    type(typed) {
      text += typed;
      ghost = ghost?.text.startsWith(typed) ? rest(ghost, typed.length) : undefined;
      events.push({ kind: 'key', atMs: clock.monotonicMs(), offset: text.length, text: typed });
      changed();
    },
    accept({ text: taken }) {
      events.push({ kind: 'accept', atMs: clock.monotonicMs(), offset: text.length, text: taken });
      text += taken;
      ghost = undefined;
      client.accepted();
      changed();
      return taken;
    },
    erase(chars, keys) {
      text = text.slice(0, text.length - chars);
      ghost = undefined;
      events.push({ kind: 'erase', atMs: clock.monotonicMs(), offset: text.length, keys });
      changed();
    },
    close() {
      stopAsking(asking);
    },
  };
}

function rest(ghost: Ghost, typedChars: number): Ghost | undefined {
  const text = ghost.text.slice(typedChars);
  return text === '' ? undefined : { text, offset: ghost.offset + typedChars };
}

function isRest(before: Ghost, after: Ghost, text: string): boolean {
  const typed = text.slice(before.offset, after.offset);
  return after.offset >= before.offset && before.text === typed + after.text;
}

function snapshotAt(trace: Trace, now: { text: string; below: string; version: number }): CursorSnapshot {
  const { text, below } = now;
  const cut = text.length > MAX_PREFIX_CHARS ? text.indexOf('\n', text.length - MAX_PREFIX_CHARS) + 1 : 0;
  const prefix = text.slice(cut);
  return {
    uri: `file:///bench/${trace.fileName}`,
    path: trace.fileName,
    languageId: trace.languageId,
    version: now.version,
    line: text.split('\n').length - 1,
    character: text.length - (text.lastIndexOf('\n') + 1),
    prefix,
    prefixStartLine: text.slice(0, cut).split('\n').length - 1,
    prefixIsWhole: cut === 0,
    suffix: below.slice(0, MAX_SUFFIX_CHARS),
    suffixIsWhole: below.length <= MAX_SUFFIX_CHARS,
    trigger: 'automatic',
    indentation: {
      unit: trace.languageId === 'go' ? 'tab' : 'space',
      width: trace.languageId === 'typescript' ? 2 : 4,
    },
    selectedSuggestion: undefined,
  };
}
