import type { Clock } from '../base/clock.ts';
import { type Disposable, DisposableStore } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import type { CompletionEngine, RecentOutcome } from '../completion/completionEngine.ts';
import type { RecentRequests } from '../metering/recentRequests.ts';
import type { Rung } from '../metering/requestRecord.ts';
import type { Inventory, RungReport } from '../models/inventory.ts';
import type { EngineProblem } from '../routing/endpoint.ts';
import type { MinnowSettings } from '../settings/settings.ts';
import { describeProblem } from './engineStates.ts';
import type { HoverFacts, ResidentModel } from './hoverCard.ts';
import { SessionTally } from './sessionTally.ts';
import type { SpendingWatch } from './spendingWatch.ts';
import type { StatusFacts } from './statusText.ts';

export interface EditorStateNeeds {
  readonly clock: Clock;
  readonly settings: () => MinnowSettings;
  /** The language of the editor in front. */
  readonly languageId: () => string | undefined;
  readonly engine: CompletionEngine;
  readonly inventory: Inventory;
  readonly requests: RecentRequests;
  readonly spending: Pick<SpendingWatch, 'current' | 'onDidChange'>;
}

/** What the status bar, its card and its menu are made from: gathered from the rooms, one place for all three. */
export interface EditorState extends Disposable {
  status(): StatusFacts;
  hover(): HoverFacts;
  /** A wait for a suggestion begins; what it returns is called at the end. */
  waiting(): () => void;
  readonly onDidChange: Event<void>;
}

/** Below this a wait needs no sign: a spinner at every key is noise. */
const BUSY_AFTER_MS = 400;

export function createEditorState(needs: EditorStateNeeds): EditorState {
  const store = new DisposableStore();
  const changed = store.add(new Emitter<void>());
  const tally = new SessionTally();
  const waits = new Set<object>();
  store.add(needs.inventory.onDidChange(() => changed.fire()));
  store.add(needs.spending.onDidChange(() => changed.fire()));
  store.add(
    needs.engine.onOutcome(outcome => {
      tally.noteOutcome(outcome);
      changed.fire();
    }),
  );
  store.add(
    needs.requests.onDidChange(({ acceptances }) => {
      const latest = acceptances.at(-1);
      if (latest) tally.noteAcceptance(latest);
      changed.fire();
    }),
  );

  return {
    onDidChange: changed.event,
    status: () => statusFacts(needs, { isBusy: waits.size > 0, isSlow: tally.isSlow }),
    hover: () => hoverFacts(needs, tally),
    waiting() {
      const wait = {};
      const timer = needs.clock.after(BUSY_AFTER_MS, () => {
        waits.add(wait);
        changed.fire();
      });
      return () => {
        timer.dispose();
        if (waits.delete(wait)) changed.fire();
      };
    },
    dispose: () => store.dispose(),
  };
}

function statusFacts(needs: EditorStateNeeds, now: { isBusy: boolean; isSlow: boolean }): StatusFacts {
  const { candidate } = needs.inventory.report('edge');
  const shown = lastShown(needs);
  const answered = shown && requestOf(needs, shown.requestId)?.record.locality;
  const locality = candidate && (candidate.model.isRemote ? 'remote' : candidate.endpoint.locality);
  return {
    completions: completionsSwitch(needs),
    problem: problemNow(needs),
    locality,
    lastSuggestion: shown && { tookMs: shown.event.durationMs, locality: answered ?? locality ?? 'loopback' },
    ...now,
  };
}

/** What is wrong with the engine; with a sound one, that the last prompt did not fit: the user alone can change that. */
function problemNow({ engine, inventory }: EditorStateNeeds): EngineProblem | undefined {
  const { problem } = inventory.report('edge');
  if (problem) return problem;
  const last = engine
    .recentOutcomes()
    .find(({ outcome }) => outcome.kind !== 'skipped' && outcome.kind !== 'cancelled');
  const failure = last?.outcome.kind === 'failed' ? last.outcome.problem : undefined;
  return failure?.kind === 'promptTooLong' ? failure : undefined;
}

function completionsSwitch({ settings, languageId }: EditorStateNeeds): StatusFacts['completions'] {
  const { enabled, disabledLanguages } = settings().completion;
  if (!enabled) return 'offEverywhere';
  return disabledLanguages.includes(languageId() ?? '') ? 'offForLanguage' : 'on';
}

function hoverFacts(needs: EditorStateNeeds, tally: SessionTally): HoverFacts {
  const edge = needs.inventory.report('edge');
  const problem = problemNow(needs);
  const shown = lastShown(needs);
  const request = shown && requestOf(needs, shown.requestId);
  return {
    state: problem && describeProblem(problem),
    model: edge.candidate && {
      name: edge.candidate.model.name,
      quantization: edge.candidate.model.quantization,
      endpoint: edge.candidate.endpoint.name,
      locality: edge.candidate.model.isRemote ? 'remote' : edge.candidate.endpoint.locality,
    },
    lastShown: shown?.event,
    lastRequest: request?.record,
    lastAcceptance: request?.acceptances.at(-1),
    session: tally.figures(),
    spending: needs.spending.current(),
    budgetUsdPerMonth: needs.settings().metering.budgetUsdPerMonth,
    residents: RUNGS.flatMap(rung => residentOf(needs.inventory.report(rung))).filter(isFirstOfItsName),
  };
}

const RUNGS: readonly Rung[] = ['edge', 'workhorse', 'foundation'];

function residentOf({ candidate, residency }: RungReport): readonly ResidentModel[] {
  if (!candidate || residency?.state !== 'resident') return [];
  const sizeBytes = residency.sizeBytes ?? candidate.model.sizeBytes;
  return [{ name: candidate.model.name, sizeBytes, untilMs: residency.untilMs }];
}

function isFirstOfItsName({ name }: ResidentModel, index: number, all: readonly ResidentModel[]): boolean {
  return all.findIndex(other => other.name === name) === index;
}

/** The suggestion that was shown last, as it first appeared: typed along, the rest of it comes from memory at once. */
function lastShown({ engine }: EditorStateNeeds) {
  let found: { readonly event: RecentOutcome; readonly requestId: string } | undefined;
  for (const event of engine.recentOutcomes()) {
    if (event.outcome.kind !== 'shown') continue;
    const { requestId } = event.outcome.suggestion;
    if (found && found.requestId !== requestId) break;
    found = { event, requestId };
  }
  return found;
}

function requestOf({ requests }: EditorStateNeeds, requestId: string) {
  return requests.find(requestId);
}
