import { endOfFirstLine } from './oracle.ts';
import { isRight, type ReplayEvent, type ReplayLog, rightChars } from './replayLog.ts';
import type { EngineRequest } from './slotEngine.ts';
import { countTokens } from './tokenizer.ts';

/** Percentiles of what was seen; undefined where nothing was. */
export interface Spread {
  readonly count: number;
  readonly p50: number | undefined;
  readonly p95: number | undefined;
}

export interface Metrics {
  readonly keys: number;
  readonly seconds: number;
  /** From the key to the frame with the ghost text; which of the three: whether the engine was asked for it. */
  readonly keyToGhostMs: {
    readonly newRequest: Spread;
    readonly joined: Spread;
    /** Both kinds of memory together: no engine was waited for. */
    readonly memory: Spread;
    /** The editor itself went on with what stood there. */
    readonly typedThrough: Spread;
    /** The client answered from what it had, by way of the editor's debounce. */
    readonly fromClient: Spread;
  };
  /** What the engine alone took for the requests of `newRequest`, to the last token that was shown. */
  readonly engineOwnMs: Spread;
  readonly pauses: number;
  readonly rightIn300Ms: number | undefined;
  readonly ghostIn300Ms: number | undefined;
  readonly keystrokesSaved: number;
  readonly suggestionsShown: number;
  readonly accepted: number;
  readonly wrongVisibleShare: number | undefined;
  readonly flicker: number;
  readonly requestsPer100Keys: number;
  readonly abortedShare: number | undefined;
  readonly promptTokensPerRequest: number | undefined;
  readonly evaluatedPerShown: number | undefined;
  readonly cacheHit: number | undefined;
  readonly generatedPer100Keys: number;
  readonly neverShownShare: number | undefined;
  readonly neverAcceptedShare: number | undefined;
  readonly engineBusySecondsPer100Keys: number;
  /** By what was written instead of by keys: who saves many keys has few of them to divide by. */
  readonly per1000Chars: { readonly generated: number; readonly engineBusySeconds: number };
  readonly queuedMs: Spread;
}

/** A pause counts as an opportunity when it is at least so long and so much is left to write. */
const PAUSE_MS = 300;
const WORTHWHILE_CHARS = 8;
const IN_TIME_MS = 300;

type GhostEvent = Extract<ReplayEvent, { kind: 'ghost' }>;
type ActEvent = Exclude<ReplayEvent, GhostEvent>;

interface Shown {
  readonly latencyMs: number;
  readonly source: 'newRequest' | 'joined' | 'memory';
  readonly by: 'typedThrough' | 'fromClient';
  readonly ownMs: number | undefined;
}

/** Pools the logs: what is a share or a percentile is taken over all of them together. */
export function measure(logs: readonly ReplayLog[]): Metrics {
  const parts = logs.map(measureOne);
  const sum = (pick: (part: Part) => number) => parts.reduce((total, part) => total + pick(part), 0);
  const shown = parts.flatMap(part => part.shown);
  const of = (source: Shown['source']) => spread(shown.filter(s => s.source === source).map(s => s.latencyMs));
  const ofMemory = (by: Shown['by']) =>
    spread(shown.filter(s => s.source === 'memory' && s.by === by).map(s => s.latencyMs));
  const requests = logs.flatMap(log => log.requests);
  const total = (pick: (request: EngineRequest) => number) => requests.reduce((all, r) => all + pick(r), 0);
  const keys = sum(part => part.keys);
  const chars = sum(part => part.targetChars);
  const suggestions = sum(part => part.suggestions);
  const generated = total(request => request.tokenTimesMs.length);
  const cached = total(request => request.cachedTokens);
  const evaluated = total(request => request.evaluatedTokens);
  return {
    keys,
    seconds: sum(part => part.seconds),
    keyToGhostMs: {
      newRequest: of('newRequest'),
      joined: of('joined'),
      memory: of('memory'),
      typedThrough: ofMemory('typedThrough'),
      fromClient: ofMemory('fromClient'),
    },
    engineOwnMs: spread(shown.flatMap(s => (s.ownMs === undefined ? [] : [s.ownMs]))),
    pauses: sum(part => part.pauses.length),
    rightIn300Ms: share(
      sum(part => part.pauses.filter(pause => pause === 'right').length),
      sum(part => part.pauses.length),
    ),
    ghostIn300Ms: share(
      sum(part => part.pauses.filter(pause => pause !== 'nothing').length),
      sum(part => part.pauses.length),
    ),
    keystrokesSaved: sum(part => part.savedKeys) / chars,
    suggestionsShown: suggestions,
    accepted: sum(part => part.accepted),
    wrongVisibleShare: share(
      sum(part => part.wrongMs),
      sum(part => part.visibleMs),
    ),
    flicker: sum(part => part.flicker),
    requestsPer100Keys: (requests.length / keys) * 100,
    abortedShare: share(
      requests.filter(request => request.end !== 'stop' && request.end !== 'length').length,
      requests.length,
    ),
    promptTokensPerRequest: share(
      total(request => request.promptTokens),
      requests.length,
    ),
    evaluatedPerShown: share(evaluated, suggestions),
    cacheHit: share(cached, cached + evaluated),
    generatedPer100Keys: (generated / keys) * 100,
    neverShownShare: share(
      sum(part => part.neverShown),
      generated,
    ),
    neverAcceptedShare: share(
      sum(part => part.neverAccepted),
      generated,
    ),
    engineBusySecondsPer100Keys: (sum(part => part.busySeconds) / keys) * 100,
    per1000Chars: {
      generated: (generated / chars) * 1000,
      engineBusySeconds: (sum(part => part.busySeconds) / chars) * 1000,
    },
    queuedMs: spread(requests.flatMap(r => (r.startedAtMs === undefined ? [] : [r.startedAtMs - r.arrivedAtMs]))),
  };
}

interface Part {
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

function measureOne(log: ReplayLog): Part {
  const acts = log.events.filter((event): event is ActEvent => event.kind !== 'ghost');
  const ghosts = log.events.filter((event): event is GhostEvent => event.kind === 'ghost');
  const accepts = acts.filter(act => act.kind === 'accept');
  const visible = visibility(log, ghosts);
  const appeared = newSuggestions(log, ghosts);
  return {
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
  const generated = request.generatedText;
  if (ahead < 0 || ahead >= generated.length) return 0;
  if (generated.slice(0, ahead) !== log.document.text.slice(request.place.offset, shown.offset)) return 0;
  let same = 0;
  while (same < shown.text.length && generated[ahead + same] === shown.text[same]) same++;
  return same > 0 ? ahead + same : 0;
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

function share(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { count: sorted.length, p50: at(0.5), p95: at(0.95) };
}
