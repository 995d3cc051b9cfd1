import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import type { Logger } from '../base/logger.ts';
import type { Meter } from '../metering/requestRecord.ts';
import type { Door } from '../routing/dispatcher.ts';
import type { CandidateSource } from '../routing/endpoint.ts';
import type { MinnowSettings } from '../settings/settings.ts';
import type { ContextSource } from './context/contextSource.ts';
import type { CompletionOutcome, Suggestion } from './outcome.ts';
import type { CursorSnapshot } from './snapshot.ts';
import { skipReason } from './triggers.ts';

/** Ghost text, from the keystroke to the outcome. Knows nothing of the editor that shows it. */
export interface CompletionEngine extends Disposable {
  /**
   * What to show at the snapshot's cursor. Never rejects. `signal` ends this wait alone: a request that later keystrokes
   * may still use goes on, and one that they contradict ends at once.
   */
  complete(snapshot: CursorSnapshot, settings: MinnowSettings, signal: AbortSignal): Promise<CompletionOutcome>;
  /** Further suggestions for the same cursor, for cycling; asks the model again. Empty where there is nothing else. */
  alternatives(snapshot: CursorSnapshot, settings: MinnowSettings, signal: AbortSignal): Promise<readonly Suggestion[]>;
  /** The user took the whole suggestion. */
  accepted(suggestionId: string): void;
  /** The user took this many more characters of it: a word, a line. */
  acceptedPartly(suggestionId: string, acceptedChars: number): void;
  /** The suggestion is gone without being taken; `rejected` (Escape) is remembered at its place. */
  dismissed(suggestionId: string, how: 'rejected' | 'typedOver' | 'unseen'): void;
  /** The last outcomes, newest first, for "Why No Suggestion?"; at most MAX_RECENT_OUTCOMES. */
  recentOutcomes(): readonly RecentOutcome[];
  readonly onOutcome: Event<RecentOutcome>;
}

export interface CompletionEngineNeeds {
  readonly clock: Clock;
  readonly door: Door;
  /** Who would answer now; asked before anything is sent, because shape and memory depend on the model. */
  readonly candidates: CandidateSource;
  readonly meter: Meter;
  readonly newId: () => string;
  readonly log: Logger;
  readonly contextSource?: ContextSource | undefined;
}

/** Holds no text of the document (invariant 8). */
export interface RecentOutcome {
  readonly atMs: number;
  readonly uri: string;
  readonly line: number;
  readonly trigger: CursorSnapshot['trigger'];
  readonly outcome: CompletionOutcome;
  readonly durationMs: number;
}

export const MAX_RECENT_OUTCOMES = 50;

export function createCompletionEngine(needs: CompletionEngineNeeds): CompletionEngine {
  const recent: RecentOutcome[] = [];
  const onOutcome = new Emitter<RecentOutcome>();
  return {
    onOutcome: onOutcome.event,
    async complete(snapshot, settings, signal) {
      const startedMs = needs.clock.monotonicMs();
      const outcome = await completeAt(needs, snapshot, settings, signal);
      const entry = {
        atMs: needs.clock.nowMs(),
        uri: snapshot.uri,
        line: snapshot.line,
        trigger: snapshot.trigger,
        outcome,
        durationMs: needs.clock.monotonicMs() - startedMs,
      };
      recent.unshift(entry);
      recent.length = Math.min(recent.length, MAX_RECENT_OUTCOMES);
      onOutcome.fire(entry);
      return outcome;
    },
    async alternatives() {
      return [];
    },
    accepted() {},
    acceptedPartly() {},
    dismissed() {},
    recentOutcomes: () => recent,
    dispose: () => onOutcome.dispose(),
  };
}

async function completeAt(
  needs: CompletionEngineNeeds,
  snapshot: CursorSnapshot,
  settings: MinnowSettings,
  _signal: AbortSignal,
): Promise<CompletionOutcome> {
  const skip = skipReason(snapshot, settings.completion);
  if (skip) return { kind: 'skipped', why: skip };
  const { candidates, problem } = needs.candidates.candidates('edge');
  if (candidates.length === 0) return { kind: 'failed', problem: problem ?? { kind: 'notSetUp' } };
  return { kind: 'empty', why: 'modelEndedAtOnce' };
}
