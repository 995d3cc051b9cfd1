import { type Clock, sleep } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import type { Logger } from '../base/logger.ts';
import type { Meter } from '../metering/requestRecord.ts';
import type { Door } from '../routing/dispatcher.ts';
import type { CandidateSource } from '../routing/endpoint.ts';
import type { MinnowSettings } from '../settings/settings.ts';
import { AnswerMemory } from './answerMemory.ts';
import { type Ask, askOf } from './ask.ts';
import type { ContextSource } from './context/contextSource.ts';
import type { Flight } from './flight.ts';
import { Launcher } from './launcher.ts';
import type { CompletionOutcome, SkipReason, Suggestion } from './outcome.ts';
import { Paces } from './pace.ts';
import { Rhythm } from './rhythm.ts';
import { Scheduler } from './scheduler.ts';
import type { SyntaxPort } from './shape.ts';
import { type Presentation, Showing, type Source } from './showing.ts';
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
  /** A file was opened or switched to: has the engine read its prompt while nothing else is asked of it. */
  prepare(snapshot: CursorSnapshot, settings: MinnowSettings): void;
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
  readonly syntax?: SyntaxPort | undefined;
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

/** How often the model is asked for another way to go on, each time the user wants to see more. */
const MAX_FURTHER_REQUESTS = 2;

/** Without a key for so long the user may be about to take what is shown, so what comes after it is asked for. */
const LOOK_AHEAD_AFTER_MS = 200;

export function createCompletionEngine(needs: CompletionEngineNeeds): CompletionEngine {
  const parts = createParts(needs);
  const recent: RecentOutcome[] = [];
  const onOutcome = new Emitter<RecentOutcome>();
  return {
    onOutcome: onOutcome.event,
    async complete(snapshot, settings, signal) {
      const startedMs = needs.clock.monotonicMs();
      const outcome = await completeAt(parts, askOf(needs, snapshot, settings, signal));
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
    alternatives: (snapshot, settings, signal) => alternativesAt(parts, askOf(needs, snapshot, settings, signal)),
    prepare(snapshot, settings) {
      const ask = askOf(needs, snapshot, settings, new AbortController().signal);
      if (!settings.completion.enabled || settings.completion.disabledLanguages.includes(snapshot.languageId)) return;
      void parts.launcher.contextFor(ask).then(context => parts.launcher.preRead(ask, context));
    },
    accepted: id => parts.showing.accepted(id),
    acceptedPartly: (id, chars) => parts.showing.acceptedPartly(id, chars),
    dismissed: (id, how) => parts.showing.dismissed(id, how),
    recentOutcomes: () => recent,
    dispose() {
      parts.scheduler.stop();
      parts.memory.clear();
      onOutcome.dispose();
    },
  };
}

interface Parts {
  readonly clock: Clock;
  readonly memory: AnswerMemory;
  readonly scheduler: Scheduler;
  readonly rhythm: Rhythm;
  readonly paces: Paces;
  readonly showing: Showing;
  readonly launcher: Launcher;
}

function createParts(needs: CompletionEngineNeeds): Parts {
  const { clock } = needs;
  const memory = new AnswerMemory();
  const scheduler = new Scheduler(clock);
  const paces = new Paces();
  const showing = new Showing({ ...needs, memory });
  const launcher = new Launcher({ ...needs, memory, scheduler, paces });
  return { clock, memory, scheduler, rhythm: new Rhythm(), paces, showing, launcher };
}

/** The whole way of one keystroke: cheap checks before dear ones, and nothing is sent before memory was asked. */
async function completeAt(parts: Parts, ask: Ask): Promise<CompletionOutcome> {
  const { clock, rhythm, scheduler, launcher } = parts;
  rhythm.noteKey(clock.monotonicMs());
  scheduler.abandonUnlessFits(ask.place, ask.modelKey);
  const skip = skipReason(ask.snapshot, ask.settings.completion);
  if (skip) return { kind: 'skipped', why: skip };
  const { candidate } = ask;
  if (!candidate) return { kind: 'failed', problem: ask.problem };

  const known = parts.showing.typingAhead(ask) ?? fromMemory(parts, ask);
  if (known) return reveal(parts, ask, known);
  const seen = whatWasSeenHere(parts, ask);
  if (seen) return { kind: 'skipped', why: seen };
  const joined = await fromFlight(parts, ask, 'inFlight');
  if (joined) return joined;
  // To have waited for a request that then was of no use here is to have stood in line, not to have hesitated.
  ask.stopwatch.lap('queueMs');

  const waitMs = rhythm.waitMs(lineBefore(ask), parts.paces.of(ask.modelKey).firstTokenMs);
  if (!(await sleep(clock, waitMs, ask.signal))) return { kind: 'cancelled', at: 'debounce' };
  ask.stopwatch.lap('debounceMs');
  const context = await launcher.contextFor(ask);
  ask.stopwatch.lap('contextMs');
  const flight = await launcher.launch({ ...ask, candidate }, context);
  if (!flight) return { kind: 'cancelled', at: 'queue' };
  return (await fromFlight(parts, ask, 'stream')) ?? outcomeOf(flight, ask);
}

/** What else is known to come here, and what the model says when it is asked for another way to go on. */
async function alternativesAt(parts: Parts, ask: Ask): Promise<readonly Suggestion[]> {
  const { candidate } = ask;
  if (!candidate) return [];
  const found: (Suggestion | undefined)[] = parts.memory
    .recallAll(ask.place, ask.modelKey)
    .map(({ text, answer, offset }) =>
      parts.showing.offer(ask, { text, requestId: answer.requestId, goesOn: offset > 0, meanLogprob: undefined }),
    );
  const context = await parts.launcher.contextFor(ask);
  for (let seed = 1; seed <= MAX_FURTHER_REQUESTS && !ask.signal.aborted; seed++) {
    const flight = await parts.launcher.launchAnother({ ...ask, candidate }, context, seed);
    if (!flight) break;
    found.push(
      parts.showing.offer(ask, {
        text: flight.usable,
        requestId: flight.requestId,
        goesOn: false,
        meanLogprob: undefined,
      }),
    );
  }
  return found.filter(suggestion => suggestion !== undefined);
}

/** Why asking again would bring nothing new; somebody who asks by hand is believed to know better. */
function whatWasSeenHere({ memory }: Parts, { place, modelKey, snapshot }: Ask): SkipReason | undefined {
  if (snapshot.trigger === 'invoked') return undefined;
  if (memory.hasRejections(place)) return 'rejectedHere';
  return memory.isEmpty(place, modelKey) ? 'emptyHere' : undefined;
}

function fromMemory({ memory, showing }: Parts, ask: Ask): Presentation | undefined {
  const remainder = memory.recall(ask.place, ask.modelKey);
  if (!remainder) return undefined;
  const { answer, text, offset } = remainder;
  const from = answer.origin === 'speculation' ? 'speculation' : 'cache';
  return showing.present(
    ask,
    {
      text,
      requestId: answer.requestId,
      goesOn: offset > 0 || from === 'speculation',
      meanLogprob: answer.meanLogprob,
    },
    from,
  );
}

/** Waits for the running request as long as it fits; undefined when there is none that does, or it ended with nothing. */
async function fromFlight(parts: Parts, ask: Ask, from: Source): Promise<CompletionOutcome | undefined> {
  for (let flight = parts.scheduler.flight; flight; flight = parts.scheduler.flight) {
    const ahead = flight.ahead(ask.place, ask.modelKey);
    if (ahead === undefined) return undefined;
    if (flight.end || ahead.text.trim() !== '') {
      const goesOn = ahead.agreedChars > 0 || flight.start.purpose === 'speculation';
      const known = { text: ahead.text, goesOn, requestId: flight.requestId, meanLogprob: flight.meanLogprob };
      const presentation = parts.showing.present(ask, known, from);
      if (!presentation) return undefined;
      flight.wasDelivered = true;
      return reveal(parts, ask, presentation);
    }
    await flight.changed(ask.signal);
    if (ask.signal.aborted) return { kind: 'cancelled', at: flight.said === '' ? 'firstToken' : 'generate' };
  }
  const known = fromMemory(parts, ask);
  return known && reveal(parts, ask, known);
}

/** Shows at once what is likely right, and anything else only if no key comes for a while. */
async function reveal(
  { clock, launcher }: Parts,
  ask: Ask,
  { shown, holdMs, isAgreed }: Presentation,
): Promise<CompletionOutcome> {
  if (isAgreed)
    void sleep(clock, LOOK_AHEAD_AFTER_MS, ask.signal).then(still => still && launcher.speculate(ask, shown));
  const restMs = ask.snapshot.trigger === 'invoked' ? 0 : holdMs - (clock.monotonicMs() - ask.startedMs);
  const isWanted = restMs <= 0 || (await sleep(clock, restMs, ask.signal));
  return isWanted ? shown : { kind: 'empty', why: 'lowConfidence' };
}

function outcomeOf({ end }: Flight, ask: Ask): CompletionOutcome {
  switch (end?.kind) {
    case 'failed':
      return { kind: 'failed', problem: end.problem };
    case 'refused':
    case 'empty':
      return end;
    case 'answered':
      return { kind: 'empty', why: 'repeatsWhatFollows' };
    case 'cancelled':
    case undefined:
      return { kind: 'cancelled', at: ask.signal.aborted ? 'firstToken' : 'queue' };
  }
}

function lineBefore({ snapshot: { prefix } }: Ask): string {
  return prefix.slice(prefix.lastIndexOf('\n') + 1);
}
