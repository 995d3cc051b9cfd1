import type { Backend, BackendError, GenerateRequest, StreamPart } from '../../src/backends/backend.ts';
import { GREEDY } from '../../src/backends/backend.ts';
import { localityOf } from '../../src/backends/permit.ts';
import type { Clock } from '../../src/base/clock.ts';
import { type CostOf, createCostOf, NO_COST_SETTINGS } from '../../src/metering/cost.ts';
import type { PromptRecording } from '../../src/metering/promptRecording.ts';
import type { AcceptanceRecord, Meter, RequestRecord, Rung } from '../../src/metering/requestRecord.ts';
import { Stopwatch } from '../../src/metering/stopwatch.ts';
import { type Attempt, type Consumed, createDoor, type Draft } from '../../src/routing/dispatcher.ts';
import type { Candidate, CandidateSource, EngineProblem } from '../../src/routing/endpoint.ts';
import { createPrivacyPolicy } from '../../src/routing/privacyPolicy.ts';
import { endpointOf, modelFacts } from './scriptedBackend.ts';

export const REQUEST: GenerateRequest = {
  model: 'tiny',
  prompt: { kind: 'raw', text: 'def f(' },
  maxTokens: 16,
  stop: [],
  sampling: GREEDY,
  delivery: 'streamed',
  limits: { firstByteMs: 1000, betweenEventsMs: 1000 },
};

export function candidate(
  name: string,
  backend: Backend,
  options: { url?: string; model?: string; isRemote?: boolean; rung?: Rung } = {},
): Candidate {
  const { url = 'http://127.0.0.1:8080', model = 'tiny', isRemote = false, rung = 'edge' } = options;
  const endpoint = { ...endpointOf(backend, name, url), locality: localityOf(new URL(url)) };
  return { rung, endpoint, model: modelFacts(model, { isRemote }) };
}

/** The real door and the real policy, with a meter that keeps what it is given. */
export function doorHarness(
  clock: Clock,
  candidates: readonly Candidate[],
  options: { costOf?: CostOf; recording?: PromptRecording } = {},
) {
  const records: RequestRecord[] = [];
  const acceptances: AcceptanceRecord[] = [];
  const failures: { name: string; problem: EngineProblem }[] = [];
  const answered: string[] = [];
  const meter: Meter = {
    append: record => records.push(record),
    appendAcceptance: record => acceptances.push(record),
  };
  const source: CandidateSource = {
    candidates: () => ({ candidates, problem: undefined }),
    reportFailure: (who, problem) => failures.push({ name: who.endpoint.name, problem }),
    reportAnswered: who => answered.push(who.endpoint.name),
  };
  let ids = 0;
  const door = createDoor({
    clock,
    candidates: source,
    policy: createPrivacyPolicy(),
    meter,
    costOf: options.costOf ?? createCostOf({ settings: () => NO_COST_SETTINGS, priceList: () => undefined }),
    newId: () => `r${++ids}`,
    ...(options.recording && { recording: options.recording }),
  });
  return { door, records, acceptances, failures, answered };
}

export function draft(clock: Clock, overrides: Partial<Draft> = {}): Draft {
  return {
    purpose: 'completion',
    rung: 'edge',
    privacy: { paths: ['a.py'], contentUnknown: false, consent: undefined },
    languageId: 'python',
    stopwatch: new Stopwatch(clock),
    build: () => ({ ok: true, request: REQUEST }),
    ...overrides,
  };
}

/** Joins the text of a stream; an answer without text is empty, a failure after text is a failure. */
export async function joinText(stream: AsyncIterable<StreamPart>, _attempt: Attempt): Promise<Consumed<string>> {
  let value = '';
  let error: BackendError | undefined;
  for await (const part of stream) {
    if (part.type === 'text') value += part.text;
    if (part.type === 'failed') error = part.error;
  }
  if (error) return { value, outcome: { kind: 'failed', error } };
  return { value, outcome: value ? { kind: 'answered' } : { kind: 'empty', why: 'modelEndedAtOnce' } };
}
