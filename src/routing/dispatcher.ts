import { type BackendError, type GenerateRequest, isRetryable, type StreamPart } from '../backends/backend.ts';
import type { Clock } from '../base/clock.ts';
import type { CostOf } from '../metering/cost.ts';
import type { PromptPart, PromptRecording } from '../metering/promptRecording.ts';
import type { Meter, Purpose, RequestOutcome, RequestRecord, Rung } from '../metering/requestRecord.ts';
import type { Stopwatch } from '../metering/stopwatch.ts';
import { AttemptRecorder, type RecordedAttempt } from './attemptRecorder.ts';
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
  /** Exactly this one, where a person picked a model for this request; else whoever stands on the rung. */
  readonly chosen?: Candidate | undefined;
  readonly privacy: PrivacyFacts;
  readonly languageId: string | undefined;
  /** Started when the wish came up; its laps so far (debounce, context) belong to the first record. */
  readonly stopwatch: Stopwatch;
  readonly fallbackFrom?: { readonly requestId: string; readonly reason: string };
  build(candidate: PermittedCandidate): BuiltRequest;
  /** The prompt that was built last, with why each part is in it; asked for only while prompts are recorded. */
  promptParts?(): readonly PromptPart[];
}

export type BuiltRequest =
  | {
      readonly ok: true;
      readonly request: GenerateRequest;
      readonly plannedReuseTokens?: number;
      /** By its length: stands in for the server's count where an answer is left before the server tells it. */
      readonly estimatedPromptTokens?: number;
    }
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
  | {
      readonly kind: 'failed';
      readonly problem: EngineProblem;
      readonly error: BackendError | undefined;
      /** Of the attempt that failed last; absent where nobody could be asked. */
      readonly requestId?: string;
    }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'cancelled' };

/**
 * Reads one stream to what it is wanted for. It never sees a `failed` part before the first text: the door turns that
 * into the next candidate. Returning early closes the socket. What it does after the last part counts as trimming.
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
  /** Told of every prompt that is about to be sent; keeps it only if the user wants that. */
  readonly recording?: Pick<PromptRecording, 'note'>;
}

export function createDoor(needs: DoorNeeds): Door {
  return {
    async run(draft, signal, consume) {
      const { candidates, problem } = draft.chosen
        ? { candidates: [draft.chosen], problem: undefined }
        : needs.candidates.candidates(draft.rung);
      const recorder = new AttemptRecorder(needs, draft);
      let last: DoorResult<never> = { kind: 'failed', problem: problem ?? { kind: 'notSetUp' }, error: undefined };
      for (const candidate of candidates) {
        if (signal.aborted) {
          recorder.begin(candidate).record({ kind: 'cancelled', at: 'queue' });
          return { kind: 'cancelled' };
        }
        const decision = needs.policy.decide(candidate, draft.privacy);
        if (!decision.allowed) {
          recorder.begin(candidate).record({ kind: 'refused', why: decision.why });
          last = { kind: 'refused', why: decision.why };
          continue;
        }
        const permitted = { ...candidate, grant: decision.grant };
        const built = draft.build(permitted);
        if (!built.ok) {
          last = { kind: 'failed', problem: built.problem, error: undefined };
          continue;
        }
        const result = await runAttempt(recorder.begin(permitted, built), { needs, permitted, built, signal, consume });
        if (!result.mayTryNext) return result.end;
        last = result.end;
      }
      return last;
    },
  };
}

interface AttemptRun<T> {
  readonly needs: DoorNeeds;
  readonly permitted: PermittedCandidate;
  readonly built: Built;
  readonly signal: AbortSignal;
  readonly consume: Consumer<T>;
}

export type Built = Extract<BuiltRequest, { ok: true }>;

type AttemptEnd<T> =
  | { readonly mayTryNext: false; readonly end: DoorResult<T> }
  | { readonly mayTryNext: true; readonly end: DoorResult<never> };

async function runAttempt<T>(attempt: RecordedAttempt, run: AttemptRun<T>): Promise<AttemptEnd<T>> {
  const { needs, permitted, signal } = run;
  const { exchange } = attempt;
  let outcome: RequestOutcome | undefined;
  let consumed: Consumed<T> | undefined;
  let record: RequestRecord | undefined;
  try {
    const call = { signal, grant: permitted.grant, onPhase: exchange.onPhase };
    const stream = permitted.endpoint.backend.generate(run.built.request, call);
    consumed = await run.consume(exchange.observe(stream), {
      id: attempt.id,
      candidate: permitted,
      stopwatch: attempt.stopwatch,
    });
    outcome = exchange.failedBeforeText ? { kind: 'failed', error: exchange.failedBeforeText } : consumed.outcome;
  } finally {
    // In finally, so that a bug in a consumer cannot make a request that was paid for disappear from the ledger.
    if (signal.aborted && !exchange.finished) outcome = { kind: 'cancelled', at: exchange.phase };
    outcome ??= { kind: 'failed', error: { kind: 'protocol', detail: 'the consumer of the answer threw' } };
    record = attempt.record(outcome);
  }
  if (outcome.kind === 'cancelled') return { mayTryNext: false, end: { kind: 'cancelled' } };
  if (outcome.kind === 'failed') {
    const { error } = outcome;
    const problem = problemOf(error, permitted);
    needs.candidates.reportFailure(permitted, problem);
    // After the first token the answer would change its author in the middle, so no other candidate is asked.
    return {
      mayTryNext: isRetryable(error) && !exchange.sawText,
      end: { kind: 'failed', problem, error, requestId: record.id },
    };
  }
  needs.candidates.reportAnswered(permitted);
  return { mayTryNext: false, end: { kind: 'answered', value: consumed.value, record } };
}
