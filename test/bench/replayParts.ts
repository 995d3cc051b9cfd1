import { endOfFirstLine } from './oracle.ts';
import { isRight, type ReplayEvent, type ReplayLog, rightChars } from './replayLog.ts';
import type { EngineRequest } from './slotEngine.ts';
import { countTokens } from './tokenizer.ts';

/** A pause counts as an opportunity when it is at least so long and so much is left to write. */
const PAUSE_MS = 300;
const WORTHWHILE_CHARS = 8;
const IN_TIME_MS = 300;

type GhostEvent = Extract<ReplayEvent, { kind: 'ghost' }>;
type ActEvent = Exclude<ReplayEvent, GhostEvent>;

export interface Shown {
  readonly latencyMs: number;
  readonly source: 'newRequest' | 'joined' | 'memory';
  readonly by: 'typedThrough' | 'fromClient';
  readonly ownMs: number | undefined;
}

/** What one log adds up to; metrics.ts pools several. */
export interface Part {
  readonly trace: string;
  readonly requests: readonly EngineRequest[];
  readonly keys: number;
  readonly targetChars: number;
  readonly seconds: number;
  readonly shown: readonly Shown[];
  readonly pauses: readonly ('right' | 'wrong' | 'nothing')[];
  readonly suggestions: number;
  readonly accepted: number;
  readonly savedKeys: number;
  readonly visibleMs: number;
  readonly wrongMs: number;
  readonly flicker: number;
  readonly neverShown: number;
  readonly neverAccepted: number;
  readonly busySeconds: number;
}

export function partOf(log: ReplayLog): Part {
  const acts = log.events.filter((event): event is ActEvent => event.kind !== 'ghost');
  const ghosts = log.events.filter((event): event is GhostEvent => event.kind === 'ghost');
  const accepts = acts.filter(act => act.kind === 'accept');
  const visible = visibility(log, ghosts);
  const appeared = newSuggestions(log, ghosts);
  return {
    trace: log.trace,
    requests: log.requests,
    keys: acts.reduce((all, act) => all + (act.kind === 'erase' ? act.keys : 1), 0),
    targetChars:
      (acts.at(-1)?.offset ?? log.document.regionStart) - log.document.regionStart + lastAcceptedChars(log, acts),
    seconds: (log.endMs - (log.events[0]?.atMs ?? log.endMs)) / 1000,
    shown: shownEvents(log, acts, ghosts),
    pauses: pausesOf(log, acts, ghosts),
    suggestions: appeared.length,
    accepted: accepts.length,
    savedKeys: savedKeys(log, acts),
    ...visible,
    flicker: flickerOf(log, acts, ghosts),
    neverShown: unseenTokens(
      log,
      ghosts.flatMap(g => (g.text ? [{ offset: g.offset, text: g.text, atMs: g.atMs }] : [])),
    ),
    neverAccepted: unseenTokens(log, accepts),
    busySeconds: log.engineBusyMs / 1000,
  };
}

/** What came by Tab and stayed, less Tab itself and the keys that took the wrong end of it away. */
function savedKeys(log: ReplayLog, acts: readonly ActEvent[]): number {
  return acts.reduce((saved, act) => {
    if (act.kind === 'accept') return saved + rightChars(log.document, act.offset, act.text) - 1;
    return act.kind === 'erase' ? saved - act.keys : saved;
  }, 0);
}

/** The offset of an accept is where it began; if it was the last act, what it brought is typed text too. */
function lastAcceptedChars(log: ReplayLog, acts: readonly ActEvent[]): number {
  const last = acts.at(-1);
  return last?.kind === 'accept' ? rightChars(log.document, last.offset, last.text) : 0;
}

/** For each frame with ghost text that followed a key: how long after it, and whether the engine had been asked since. */
function shownEvents(log: ReplayLog, acts: readonly ActEvent[], ghosts: readonly GhostEvent[]): Shown[] {
  return acts.flatMap((act, index) => {
    const until = acts[index + 1]?.atMs ?? Number.POSITIVE_INFINITY;
    const ghost = ghosts.find(g => g.atMs > act.atMs && g.atMs <= until && g.text !== undefined);
    if (!ghost) return [];
    const maker = makerOf(log, ghost);
    const source =
      !maker || maker.knownAtMs < act.atMs ? 'memory' : maker.request.arrivedAtMs >= act.atMs ? 'newRequest' : 'joined';
    const ownMs = source === 'newRequest' && maker ? ownMsOf(maker.request, ghost) : undefined;
    const by = continues(log, ghosts[ghosts.indexOf(ghost) - 1], ghost) ? 'typedThrough' : 'fromClient';
    return [{ latencyMs: ghost.atMs - act.atMs, source, by, ownMs }];
  });
}

/** The request that knew the ghost text's first line earliest. */
function makerOf(log: ReplayLog, ghost: GhostEvent): { request: EngineRequest; knownAtMs: number } | undefined {
  const text = ghost.text ?? '';
  const line = { offset: ghost.offset, text: text.slice(0, endOfFirstLine(text)) };
  const known = log.requests.flatMap(request => {
    const covered = coveredChars(log, request, line);
    const ahead = line.offset - (request.place?.offset ?? 0);
    if (covered === 0 || covered < ahead + line.text.length) return [];
    const tokens = countTokens(request.generatedText.slice(0, covered));
    const knownAtMs = request.delivery === 'whole' ? request.endedAtMs : request.tokenTimesMs[tokens - 1];
    return knownAtMs === undefined || knownAtMs > ghost.atMs ? [] : [{ request, knownAtMs }];
  });
  return known.toSorted((a, b) => a.knownAtMs - b.knownAtMs)[0];
}

/** From the start of its work to the token that completed what the ghost text shows of it. */
function ownMsOf(request: EngineRequest, ghost: GhostEvent): number | undefined {
  const tokens = countTokens(ghost.text ?? '');
  const times = request.tokenTimesMs;
  const last = times[Math.min(tokens, times.length) - 1];
  return last === undefined || request.startedAtMs === undefined ? undefined : last - request.startedAtMs;
}

/** How much of a request's text, from its beginning, a suggestion at some later place stands for. */
function coveredChars(log: ReplayLog, request: EngineRequest, shown: { offset: number; text: string }): number {
  if (request.place?.document !== log.document.name) return 0;
  const ahead = shown.offset - request.place.offset;
  if (ahead < 0) return 0;
  const typed = log.document.text.slice(request.place.offset, shown.offset);
  // A client may mend the blank that some models' first token begins with.
  const blank = /^ ?/.exec(request.generatedText)?.[0].length ?? 0;
  const asItIs = sharedChars(request.generatedText, typed, shown.text);
  const mended = sharedChars(request.generatedText.slice(blank), typed, shown.text);
  return mended > asItIs ? blank + mended : asItIs;
}

/** How far the text agrees with what was typed and then with what is shown; 0 where it does not get to the latter. */
function sharedChars(generated: string, typed: string, shown: string): number {
  if (!generated.startsWith(typed)) return 0;
  let same = 0;
  while (
    same < shown.length &&
    typed.length + same < generated.length &&
    generated[typed.length + same] === shown[same]
  )
    same++;
  return same > 0 ? typed.length + same : 0;
}

function unseenTokens(log: ReplayLog, shown: readonly { offset: number; text: string; atMs: number }[]): number {
  return log.requests.reduce((all, request) => {
    const covered = shown
      .filter(one => one.atMs >= request.arrivedAtMs)
      .reduce((most, one) => Math.max(most, coveredChars(log, request, one)), 0);
    return all + request.tokenTimesMs.length - countTokens(request.generatedText.slice(0, covered));
  }, 0);
}

function pausesOf(log: ReplayLog, acts: readonly ActEvent[], ghosts: readonly GhostEvent[]): Part['pauses'] {
  return acts.flatMap((act, index) => {
    const endMs = acts[index + 1]?.atMs ?? log.endMs;
    const offset = act.kind === 'accept' ? act.offset + rightChars(log.document, act.offset, act.text) : act.offset;
    const wrongEnd = act.kind === 'accept' && offset < act.offset + act.text.length;
    if (endMs - act.atMs < PAUSE_MS || log.document.regionEnd - offset < WORTHWHILE_CHARS || wrongEnd) return [];
    const ghost = ghosts.findLast(g => g.atMs <= act.atMs + IN_TIME_MS);
    if (ghost?.text === undefined || ghost.offset !== offset) return ['nothing' as const];
    return [isRightInTime(log, offset, ghost.text) ? ('right' as const) : ('wrong' as const)];
  });
}

/** Right, and enough to help: so many characters, or all that the line still needs. */
function isRightInTime(log: ReplayLog, offset: number, ghost: string): boolean {
  const { text, regionEnd } = log.document;
  const rest = text.slice(offset, regionEnd);
  const enough = Math.min(WORTHWHILE_CHARS, rest.slice(0, endOfFirstLine(rest)).trimStart().length);
  const line = ghost.slice(0, endOfFirstLine(ghost));
  return isRight(log.document, offset, ghost) && line.trimStart().length >= enough;
}

/** Ghost text that is not the rest of what stood before. */
function newSuggestions(log: ReplayLog, ghosts: readonly GhostEvent[]): GhostEvent[] {
  return ghosts.filter((ghost, index) => ghost.text !== undefined && !continues(log, ghosts[index - 1], ghost));
}

function continues(log: ReplayLog, before: GhostEvent | undefined, after: GhostEvent): boolean {
  if (before?.text === undefined || after.text === undefined || after.offset < before.offset) return false;
  return before.text === log.document.text.slice(before.offset, after.offset) + after.text;
}

/** VS Code 1.139 takes ghost text away when a closing brace is typed through, whoever provided it (seen with each client). */
const EDITOR_HIDES_AFTER = '}';

/**
 * Changes that typing does not explain: ghost text that is replaced or withdrawn while no key is pressed, or that is not
 * there in the frame after a key it had foretold.
 */
function flickerOf(log: ReplayLog, acts: readonly ActEvent[], ghosts: readonly GhostEvent[]): number {
  return ghosts.filter((ghost, index) => {
    const before = ghosts[index - 1];
    if (before?.text === undefined || continues(log, before, ghost)) return false;
    const act = acts.findLast(a => a.atMs <= ghost.atMs);
    if (act?.kind !== 'key') return false;
    if (act.atMs < before.atMs) return true;
    if (ghost.text === undefined && act.text === EDITOR_HIDES_AFTER) return false;
    return before.text.length > act.text.length && before.text.startsWith(act.text);
  }).length;
}

function visibility(log: ReplayLog, ghosts: readonly GhostEvent[]): { visibleMs: number; wrongMs: number } {
  let visibleMs = 0;
  let wrongMs = 0;
  for (const [index, ghost] of ghosts.entries()) {
    if (ghost.text === undefined) continue;
    const forMs = (ghosts[index + 1]?.atMs ?? log.endMs) - ghost.atMs;
    visibleMs += forMs;
    if (!isRight(log.document, ghost.offset, ghost.text)) wrongMs += forMs;
  }
  return { visibleMs, wrongMs };
}
