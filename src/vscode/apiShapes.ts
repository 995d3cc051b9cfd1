import { assertNever } from '../base/assert.ts';
import type { CompletionEngine, RecentOutcome } from '../completion/completionEngine.ts';
import type { CompletionOutcome } from '../completion/outcome.ts';
import type { RecentRequests } from '../metering/recentRequests.ts';
import type { Inventory, RungReport } from '../models/inventory.ts';
import type { EngineSummary, MinnowApi, OutcomeSummary } from './api.ts';
import { describeProblem } from './engineStates.ts';

export interface ApiNeeds {
  readonly requests: RecentRequests;
  readonly engine: CompletionEngine;
  readonly inventory: Inventory;
  readonly activationMs: number;
}

export function createApi({ requests, engine, inventory, activationMs }: ApiNeeds): MinnowApi {
  return {
    recentRequests: () => requests.all().map(({ record }) => record),
    recentOutcomes: () => engine.recentOutcomes().map(outcomeSummary),
    recentAcceptances: () => requests.all().flatMap(({ acceptances }) => acceptances),
    engineState: () => engineSummary(inventory.report('edge')),
    activationMs,
  };
}

export function outcomeSummary({ atMs, durationMs, line, outcome }: RecentOutcome): OutcomeSummary {
  const suggestion = outcome.kind === 'shown' ? outcome.suggestion : undefined;
  return {
    atMs,
    durationMs,
    line,
    kind: outcome.kind,
    why: whyOf(outcome),
    requestId: suggestion?.requestId,
    shownChars: suggestion?.text.length,
  };
}

function whyOf(outcome: CompletionOutcome): string {
  switch (outcome.kind) {
    case 'shown':
      return outcome.from;
    case 'skipped':
    case 'empty':
    case 'refused':
      return outcome.why;
    case 'cancelled':
      return outcome.at;
    case 'failed':
      return outcome.problem.kind;
    default:
      return assertNever(outcome);
  }
}

export function engineSummary({ candidate, problem }: RungReport): EngineSummary {
  return {
    problem: problem?.kind,
    sentence: problem && describeProblem(problem).sentence,
    model: candidate?.model.name,
    endpoint: candidate?.endpoint.name,
  };
}
