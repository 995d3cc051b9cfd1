import { type Clock, sleep } from '../../base/clock.ts';
import type { Disposable } from '../../base/disposable.ts';
import type { Logger } from '../../base/logger.ts';
import type { ContextPart, ContextSnapshot, ContextSource } from './contextSource.ts';
import { holdsSecret, looksSecret } from './exclusion.ts';

/** Where the cursor stood when the gathering began. */
export interface GatherPlace {
  readonly uri: string;
  readonly path: string;
  readonly languageId: string;
  /** Zero-based. */
  readonly line: number;
  /** Some tens of lines around the cursor. */
  readonly around: string;
}

/** One way to find text that helps. Each has its own deadline and budget, so that a slow one costs only itself. */
export interface Gatherer {
  readonly kind: ContextPart['kind'];
  readonly deadlineMs: number;
  readonly maxChars: number;
  /** Speaks of the place only: what it found is of no use in another file. */
  readonly isLocal: boolean;
  gather(place: GatherPlace, signal: AbortSignal): Promise<readonly ContextPart[]>;
}

export interface GatheringNeeds {
  readonly clock: Clock;
  readonly log: Logger;
  readonly repository: string;
  readonly gatherers: readonly Gatherer[];
  /** By the ignore files of the folder; unknown counts as excluded. */
  readonly isIgnored: (path: string) => Promise<boolean>;
}

export interface GatheredContext extends ContextSource, Disposable {
  /** Gathers afresh for this place; an earlier gathering that still runs is given up. Resolves when all is in. */
  refresh(place: GatherPlace): Promise<void>;
}

interface Group {
  readonly uri: string | undefined;
  readonly parts: readonly ContextPart[];
}

/**
 * Context that stands ready. It is gathered between the bursts of typing; a keystroke takes what there is, at once.
 * What is ignored by the folder's rules or looks like a secret never enters.
 */
export function createGatheredContext(needs: GatheringNeeds): GatheredContext {
  const groups = new Map<ContextPart['kind'], Group>();
  let running: AbortController | undefined;
  let version = 0;

  async function run(gatherer: Gatherer, place: GatherPlace, signal: AbortSignal): Promise<void> {
    const found = await withinDeadline(needs, gatherer, place, signal);
    if (!found || signal.aborted) return;
    const parts = await admitted(needs, gatherer, place, found);
    if (signal.aborted) return;
    const group = { uri: gatherer.isLocal ? place.uri : undefined, parts };
    if (sameGroup(groups.get(gatherer.kind), group)) return;
    groups.set(gatherer.kind, group);
    version++;
  }

  return {
    async refresh(place) {
      running?.abort();
      const mine = new AbortController();
      running = mine;
      await Promise.all(needs.gatherers.map(gatherer => run(gatherer, place, mine.signal)));
      if (running === mine) running = undefined;
    },
    snapshot({ uri }): ContextSnapshot {
      const valid = [...groups.values()].filter(group => group.uri === undefined || group.uri === uri);
      return {
        version,
        repository: needs.repository,
        parts: withoutRepeats(
          valid.flatMap(({ parts }) => parts),
          uri,
        ),
      };
    },
    dispose: () => running?.abort(),
  };
}

async function withinDeadline(
  { clock, log }: GatheringNeeds,
  gatherer: Gatherer,
  place: GatherPlace,
  signal: AbortSignal,
): Promise<readonly ContextPart[] | undefined> {
  const own = new AbortController();
  const late = sleep(clock, gatherer.deadlineMs, AbortSignal.any([signal, own.signal])).then(() => undefined);
  const gathering = gatherer.gather(place, AbortSignal.any([signal, own.signal])).catch((error: unknown) => {
    log.debug(`context ${gatherer.kind}: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  });
  const found = await Promise.race([gathering, late]);
  own.abort(); // ends the timer, or a gatherer that is late
  return found;
}

/** What may enter: not ignored, not secret, not of the file itself, and within the budget by rank. */
async function admitted(
  { isIgnored }: GatheringNeeds,
  gatherer: Gatherer,
  place: GatherPlace,
  found: readonly ContextPart[],
): Promise<readonly ContextPart[]> {
  let roomChars = gatherer.maxChars;
  const parts: ContextPart[] = [];
  for (const part of found.toSorted((a, b) => b.rank - a.rank || (a.id < b.id ? -1 : 1))) {
    const isElsewhere = part.path !== place.path;
    if (part.text.length > roomChars || looksSecret(part.path) || holdsSecret(part.text)) continue;
    if (isElsewhere && (await isIgnored(part.path))) continue;
    roomChars -= part.text.length;
    parts.push(part);
  }
  return parts;
}

function sameGroup(a: Group | undefined, b: Group): boolean {
  if (a?.uri !== b.uri || a?.parts.length !== b.parts.length) return a === undefined && b.parts.length === 0;
  return a.parts.every((part, index) => {
    const other = b.parts[index];
    return part.id === other?.id && part.text === other.text && part.rank === other.rank;
  });
}

/** Two gatherers may find the same lines; the better ranked one stays. */
function withoutRepeats(parts: readonly ContextPart[], uri: string): readonly ContextPart[] {
  const seen: string[] = [];
  return parts
    .toSorted((a, b) => b.rank - a.rank || (a.id < b.id ? -1 : 1))
    .filter(({ id, text }) => {
      const core = text.trim();
      if (core === '' || id === uri || seen.some(other => other.includes(core))) return false;
      seen.push(core);
      return true;
    });
}
