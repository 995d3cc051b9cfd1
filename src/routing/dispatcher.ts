import {
  type BackendError,
  type ExchangePhase,
  type GenerateRequest,
  isRetryable,
  NO_USAGE,
  type StreamPart,
} from '../backends/backend.ts';
import type { Clock } from '../base/clock.ts';
import type { CostOf } from '../metering/cost.ts';
import type { Meter, Purpose, RequestOutcome, RequestRecord, Rung } from '../metering/requestRecord.ts';
import { Stopwatch } from '../metering/stopwatch.ts';
import type { Candidate, CandidateSource, EngineProblem, PermittedCandidate } from './endpoint.ts';
import { problemOf } from './engineProblem.ts';
import type { PrivacyFacts, PrivacyPolicy } from './privacyPolicy.ts';

/**
 * A wish for an answer, before it is known who answers. Another model means other markers, stop strings and budget, so
 * the door takes a draft and has the request built for each candidate.
 */
export interface Draft {
  readonly purpose: Purpose;
  readonly rung: Rung;
  readonly privacy: PrivacyFacts;
  readonly languageId: string | undefined;
  /** Started when the wish came up; its laps so far (debounce, context) belong to the first attempt. */
  readonly stopwatch: Stopwatch;
  readonly fallbackFrom?: { readonly requestId: string; readonly reason: string };
  build(candidate: PermittedCandidate): BuiltRequest;
}

export type BuiltRequest =
  | { readonly ok: true; readonly request: GenerateRequest; readonly plannedReuseTokens?: number }
  | { readonly ok: false; readonly problem: EngineProblem };

/** One try at one candidate, as its consumer sees it. */
export interface Attempt {
  readonly id: string;
  readonly candidate: PermittedCandidate;
  readonly stopwatch: Stopwatch;
}

/** What the consumer made of the stream: its value, and how the record should end. */
export interface Consumed<T> {
  readonly value: T;
  readonly outcome: RequestOutcome;
}

export type DoorResult<T> =
  | { readonly kind: 'answered'; readonly value: T; readonly record: RequestRecord }
  | { readonly kind: 'failed'; readonly problem: EngineProblem; readonly error: BackendError | undefined }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'cancelled' };

/**
 * Reads one stream to what it is wanted for. It never sees a `failed` part before the first text: the door turns that
 * into the next candidate. Returning early closes the socket.
 */
export type Consumer<T> = (stream: AsyncIterable<StreamPart>, attempt: Attempt) => Promise<Consumed<T>>;

/** Every token passes here, so here stand the meter and the privacy check, once for all purposes. */
export interface Door {
  run<T>(draft: Draft, signal: AbortSignal, consume: Consumer<T>): Promise<DoorResult<T>>;
}

export interface DoorNeeds {
  readonly clock: Clock;
  readonly candidates: CandidateSource;
  readonly policy: PrivacyPolicy;
  readonly meter: Meter;
  readonly costOf: CostOf;
  readonly newId: () => string;
}

export function createDoor(needs: DoorNeeds): Door {
  return {
    async run(draft, signal, consume) {
      const { candidates, problem } = needs.candidates.candidates(draft.rung);
      let last: DoorResult<never> = { kind: 'failed', problem: problem ?? { kind: 'notSetUp' }, error: undefined };
      for (const [index, candidate] of candidates.entries()) {
        if (signal.aborted) return { kind: 'cancelled' };
        const decision = needs.policy.decide(candidate, draft.privacy);
        if (!decision.allowed) {
          last = { kind: 'refused', why: decision.why };
          continue;
        }
        const permitted = { ...candidate, grant: decision.grant };
        const built = draft.build(permitted);
        if (!built.ok) {
          last = { kind: 'failed', problem: built.problem, error: undefined };
          continue;
        }
        const stopwatch = index === 0 ? draft.stopwatch : new Stopwatch(needs.clock);
        const attempt = { id: needs.newId(), candidate: permitted, stopwatch };
        const result = await runAttempt(needs, { draft, built, attempt, number: index + 1, signal, consume });
        if (result.kind !== 'failed' || !result.error || !isRetryable(result.error)) return result;
        last = result;
      }
      return last;
    },
  };
}

interface AttemptRun<T> {
  readonly draft: Draft;
  readonly built: Extract<BuiltRequest, { ok: true }>;
  readonly attempt: Attempt;
  readonly number: number;
  readonly signal: AbortSignal;
  readonly consume: Consumer<T>;
}

async function runAttempt<T>(needs: DoorNeeds, run: AttemptRun<T>): Promise<DoorResult<T>> {
  const { attempt, signal } = run;
  const reading = new Reading(attempt.stopwatch);
  let outcome: RequestOutcome | undefined;
  let consumed: Consumed<T> | undefined;
  let record: RequestRecord | undefined;
  try {
    const call = { signal, grant: attempt.candidate.grant, onPhase: reading.onPhase };
    const stream = attempt.candidate.endpoint.backend.generate(run.built.request, call);
    consumed = await run.consume(reading.observe(stream), attempt);
    outcome = reading.failedBeforeText ? { kind: 'failed', error: reading.failedBeforeText } : consumed.outcome;
    if (signal.aborted && !reading.finished) outcome = { kind: 'cancelled', at: reading.phase };
  } finally {
    // In finally, so that a bug in a consumer cannot make a request that was paid for disappear from the ledger.
    outcome ??= { kind: 'failed', error: { kind: 'protocol', detail: 'the consumer of the answer threw' } };
    record = recordOf(needs, run, reading, outcome);
    needs.meter.append(record);
  }
  return settle(needs, { candidate: attempt.candidate, outcome, consumed, record });
}

function settle<T>(
  needs: DoorNeeds,
  end: { candidate: Candidate; outcome: RequestOutcome; consumed: Consumed<T>; record: RequestRecord },
): DoorResult<T> {
  const { candidate, outcome } = end;
  if (outcome.kind === 'cancelled') return { kind: 'cancelled' };
  if (outcome.kind === 'failed') {
    const problem = problemOf(outcome.error, candidate);
    needs.candidates.reportFailure(candidate, problem);
    return { kind: 'failed', problem, error: outcome.error };
  }
  needs.candidates.reportAnswered(candidate);
  return { kind: 'answered', value: end.consumed.value, record: end.record };
}

/** Watches a stream go by: laps the phases, keeps the usage, and holds back a failure that came before any text. */
class Reading {
  readonly #stopwatch: Stopwatch;
  #sent = false;
  #sawText = false;
  usage = NO_USAGE;
  finished = false;
  wentRemote = false;
  failedBeforeText: BackendError | undefined;

  constructor(stopwatch: Stopwatch) {
    this.#stopwatch = stopwatch;
    stopwatch.lap('queueMs');
  }

  get phase(): 'connect' | 'firstToken' | 'generate' {
    if (!this.#sent) return 'connect';
    return this.#sawText ? 'generate' : 'firstToken';
  }

  readonly onPhase = (phase: ExchangePhase): void => {
    if (phase !== 'requestSent' || this.#sent) return;
    this.#sent = true;
    this.#stopwatch.lap('connectMs');
  };

  async *observe(stream: AsyncIterable<StreamPart>): AsyncGenerator<StreamPart> {
    for await (const part of stream) {
      if (part.type === 'failed' && !this.#sawText) {
        this.failedBeforeText = part.error;
        return;
      }
      if (part.type === 'finish') {
        if (this.#sawText) this.#stopwatch.lap('generateMs');
        else this.#stopwatch.lap('firstTokenMs');
        this.usage = part.usage;
        this.wentRemote = part.wentRemote ?? false;
        this.finished = true;
      } else if (!this.#sawText && part.type !== 'failed') {
        this.#sawText = true;
        this.#stopwatch.lap('firstTokenMs');
      }
      yield part;
    }
  }
}

function recordOf<T>(needs: DoorNeeds, run: AttemptRun<T>, reading: Reading, outcome: RequestOutcome): RequestRecord {
  const { draft, attempt } = run;
  const { endpoint, model, rung } = attempt.candidate;
  const locality = reading.wentRemote || model.isRemote ? 'remote' : endpoint.locality;
  const cost = needs.costOf({
    endpoint: endpoint.setting,
    model: model.name,
    locality,
    usage: reading.usage,
    atMs: attempt.stopwatch.startedAtMs,
  });
  return {
    id: attempt.id,
    startedAtMs: attempt.stopwatch.startedAtMs,
    purpose: draft.purpose,
    rung,
    attempt: run.number,
    ...(draft.fallbackFrom && {
      fallbackFrom: draft.fallbackFrom.requestId,
      fallbackReason: draft.fallbackFrom.reason,
    }),
    endpoint: endpoint.name,
    dialect: endpoint.backend.dialect,
    model: model.name,
    quantization: model.quantization,
    locality,
    languageId: draft.languageId,
    spans: attempt.stopwatch.spans(),
    usage: reading.usage,
    plannedReuseTokens: run.built.plannedReuseTokens,
    costMicroUsd: cost.microUsd,
    costSource: cost.source,
    priceAsOf: cost.priceAsOf,
    outcome,
  };
}
