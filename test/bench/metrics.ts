import type { ReplayLog } from './replayLog.ts';
import { type Part, partOf, type Shown } from './replayParts.ts';
import { seededRandom } from './seededRandom.ts';
import type { EngineRequest } from './slotEngine.ts';

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
  /** 95 % intervals, by drawing the traces anew with replacement; with few traces they are wide, and honest so. */
  readonly intervals: Readonly<Record<Headline, readonly [number, number]>> | undefined;
}

export type Headline =
  | 'rightIn300Ms'
  | 'keystrokesSaved'
  | 'wrongVisibleShare'
  | 'generatedPer100Keys'
  | 'engineBusySecondsPer100Keys';

/** Pools the logs: what is a share or a percentile is taken over all of them together. */
export function measure(logs: readonly ReplayLog[]): Metrics {
  const parts = logs.map(partOf);
  const { sum, total } = sums(parts);
  const shown = parts.flatMap(part => part.shown);
  const requests = parts.flatMap(part => part.requests);
  const suggestions = sum(part => part.suggestions);
  const generated = total(request => request.tokenTimesMs.length);
  const cached = total(request => request.cachedTokens);
  const evaluated = total(request => request.evaluatedTokens);
  const aborted = requests.filter(request => request.end !== 'stop' && request.end !== 'length');
  const pauses = sum(part => part.pauses.length);
  const chars = sum(part => part.targetChars);
  return {
    ...headlines(parts),
    keys: sum(part => part.keys),
    seconds: sum(part => part.seconds),
    keyToGhostMs: latencies(shown),
    engineOwnMs: spread(shown.flatMap(s => (s.ownMs === undefined ? [] : [s.ownMs]))),
    pauses,
    ghostIn300Ms: share(pauses - sum(part => countOf(part.pauses, 'nothing')), pauses),
    suggestionsShown: suggestions,
    accepted: sum(part => part.accepted),
    flicker: sum(part => part.flicker),
    requestsPer100Keys: (requests.length / sum(part => part.keys)) * 100,
    abortedShare: share(aborted.length, requests.length),
    promptTokensPerRequest: share(
      total(request => request.promptTokens),
      requests.length,
    ),
    evaluatedPerShown: share(evaluated, suggestions),
    cacheHit: share(cached, cached + evaluated),
    neverShownShare: share(
      sum(part => part.neverShown),
      generated,
    ),
    neverAcceptedShare: share(
      sum(part => part.neverAccepted),
      generated,
    ),
    per1000Chars: {
      generated: (generated / chars) * 1000,
      engineBusySeconds: (sum(part => part.busySeconds) / chars) * 1000,
    },
    queuedMs: spread(requests.flatMap(r => (r.startedAtMs === undefined ? [] : [r.startedAtMs - r.arrivedAtMs]))),
    intervals: intervalsOf(parts),
  };
}

function sums(parts: readonly Part[]) {
  const sum = (pick: (part: Part) => number) => parts.reduce((all, part) => all + pick(part), 0);
  const total = (pick: (request: EngineRequest) => number) =>
    sum(part => part.requests.reduce((all, request) => all + pick(request), 0));
  return { sum, total };
}

function countOf(pauses: Part['pauses'], kind: Part['pauses'][number]): number {
  return pauses.filter(pause => pause === kind).length;
}

function headlines(parts: readonly Part[]) {
  const { sum, total } = sums(parts);
  const keys = sum(part => part.keys);
  return {
    rightIn300Ms: share(
      sum(part => countOf(part.pauses, 'right')),
      sum(part => part.pauses.length),
    ),
    keystrokesSaved: sum(part => part.savedKeys) / sum(part => part.targetChars),
    wrongVisibleShare: share(
      sum(part => part.wrongMs),
      sum(part => part.visibleMs),
    ),
    generatedPer100Keys: (total(request => request.tokenTimesMs.length) / keys) * 100,
    engineBusySecondsPer100Keys: (sum(part => part.busySeconds) / keys) * 100,
  } satisfies Record<Headline, number | undefined>;
}

const DRAWS = 500;

/** A trace that was typed several times counts as one: its runs are not independent of each other. */
function intervalsOf(parts: readonly Part[]): Metrics['intervals'] {
  const byTrace = [...Map.groupBy(parts, part => part.trace).values()];
  if (byTrace.length < 3) return undefined;
  const random = seededRandom(95);
  const draws = Array.from({ length: DRAWS }, () =>
    headlines(byTrace.flatMap(() => byTrace[Math.floor(random() * byTrace.length)] ?? [])),
  );
  const interval = (name: Headline): readonly [number, number] => {
    const values = draws.map(draw => draw[name] ?? 0).sort((a, b) => a - b);
    return [values[Math.floor(DRAWS * 0.025)] ?? 0, values[Math.floor(DRAWS * 0.975)] ?? 0];
  };
  return {
    rightIn300Ms: interval('rightIn300Ms'),
    keystrokesSaved: interval('keystrokesSaved'),
    wrongVisibleShare: interval('wrongVisibleShare'),
    generatedPer100Keys: interval('generatedPer100Keys'),
    engineBusySecondsPer100Keys: interval('engineBusySecondsPer100Keys'),
  };
}

function latencies(shown: readonly Shown[]): Metrics['keyToGhostMs'] {
  const of = (accepts: (one: Shown) => boolean) => spread(shown.filter(accepts).map(one => one.latencyMs));
  return {
    newRequest: of(one => one.source === 'newRequest'),
    joined: of(one => one.source === 'joined'),
    memory: of(one => one.source === 'memory'),
    typedThrough: of(one => one.source === 'memory' && one.by === 'typedThrough'),
    fromClient: of(one => one.source === 'memory' && one.by === 'fromClient'),
  };
}

function share(part: number, whole: number): number | undefined {
  return whole > 0 ? part / whole : undefined;
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
  return { count: sorted.length, p50: at(0.5), p95: at(0.95) };
}
