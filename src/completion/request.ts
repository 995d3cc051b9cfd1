import type { GenerateRequest, Sampling, StreamPart } from '../backends/backend.ts';
import type { Stopwatch } from '../metering/stopwatch.ts';
import type { BuiltRequest, Consumed, Draft } from '../routing/dispatcher.ts';
import type { PermittedCandidate } from '../routing/endpoint.ts';
import type { MinnowSettings } from '../settings/settings.ts';
import { answerPlaceOf } from './answerPlace.ts';
import type { ContextSnapshot } from './context/contextSource.ts';
import type { Flight, FlightEnd } from './flight.ts';
import { planParts } from './prompt/planParts.ts';
import type { PromptPlan, PromptPlanner } from './prompt/promptPlanner.ts';
import type { CursorSnapshot } from './snapshot.ts';
import type { AnswerPlace } from './stops/answerText.ts';
import { answerEnd } from './stops/stopRules.ts';
import { trimAnswer } from './trims/answerTrims.ts';

/** The likeliest text: completion is repeated a hundred times an hour, and what differs each time cannot be trusted. */
export const GREEDY: Sampling = { temperature: 0, topP: 1, topK: 1, minP: 0, repeatPenalty: 1 };

/** Another way to go on, for somebody who asked to see one. */
export function variedSampling(seed: number): Sampling {
  return { temperature: 0.7, topP: 0.95, topK: 40, minP: 0.05, repeatPenalty: 1, seed };
}

/** Between two pieces of an answer; much longer than any engine that is worth waiting for takes for a token. */
const BETWEEN_EVENTS_LIMIT_MS = 5000;

/** What a completion or a speculation is made from. */
export interface RequestWish {
  readonly snapshot: CursorSnapshot;
  readonly settings: MinnowSettings;
  readonly context: ContextSnapshot | undefined;
  readonly stopwatch: Stopwatch;
  readonly flight: Flight;
  readonly planner: PromptPlanner;
  /** What the engine reads fast enough. */
  readonly promptTokens: number;
}

/** A wish as the door takes it; `plan` is there once a request was built. */
export interface CompletionDraft extends Draft {
  readonly plan: () => PromptPlan | undefined;
  /** What was put behind the cursor by force, and so is the beginning of the answer. */
  readonly forced: () => string;
}

export function draftOf(wish: RequestWish): CompletionDraft {
  const { snapshot, flight } = wish;
  let plan: PromptPlan | undefined;
  let forced = '';
  return {
    purpose: flight.start.purpose,
    rung: 'edge',
    privacy: {
      paths: pathsOf(wish),
      contentUnknown: false,
      consent: undefined,
    },
    languageId: snapshot.languageId,
    stopwatch: wish.stopwatch,
    plan: () => plan,
    promptParts: () => (plan ? planParts(plan, wish.context) : []),
    forced: () => forced,
    build(candidate) {
      forced = forcedTextFor(wish, candidate);
      plan = planFor(wish, candidate, forced);
      return plan ? requestOf(wish, candidate, plan) : withoutFim(candidate);
    },
  };
}

function pathsOf({ snapshot, context, planner }: RequestWish): readonly string[] {
  const given = (context?.parts ?? []).map(part => part.path);
  return [...new Set([snapshot.path, ...given, ...planner.pathsHeldFor(snapshot.uri)])];
}

/**
 * Ollama can be wedged by an aborted stream, so it is asked for one line and answers whole. At the end of a complete line
 * the line break is put into the prompt then, because the line that is wanted ends with the next one.
 */
function forcedTextFor({ flight }: RequestWish, candidate: PermittedCandidate): string {
  return candidate.endpoint.backend.dialect === 'ollama' && flight.start.shape.kind === 'nextLine' ? '\n' : '';
}

function planFor(wish: RequestWish, candidate: PermittedCandidate, forced: string): PromptPlan | undefined {
  const { snapshot, settings, context, flight, planner, promptTokens } = wish;
  return planner.plan({
    snapshot,
    candidate,
    context,
    maxPromptTokens: Math.min(settings.completion.maxPromptTokens, promptTokens),
    maxAnswerTokens: flight.start.shape.maxTokens,
    forced,
  });
}

function requestOf({ flight, settings }: RequestWish, candidate: PermittedCandidate, plan: PromptPlan): BuiltRequest {
  const { shape } = flight.start;
  const whole = candidate.endpoint.backend.dialect === 'ollama' && (shape.kind !== 'block' || shape.maxTokens === 1);
  const request: GenerateRequest = {
    model: candidate.model.name,
    prompt: plan.prompt,
    maxTokens: shape.maxTokens,
    stop: [...(whole ? ['\n'] : []), ...plan.markers],
    sampling: flight.start.sampling,
    delivery: whole ? 'whole' : 'streamed',
    withLogprobs: candidate.endpoint.backend.dialect !== 'ollama',
    limits: { firstByteMs: settings.completion.firstByteLimitMs, betweenEventsMs: BETWEEN_EVENTS_LIMIT_MS },
  };
  const { plannedReuseTokens, plannedNewTokens } = plan;
  return { ok: true, request, plannedReuseTokens, estimatedPromptTokens: plannedReuseTokens + plannedNewTokens };
}

function withoutFim(candidate: PermittedCandidate): BuiltRequest {
  const { endpoint, model } = candidate;
  return { ok: false, problem: { kind: 'modelWithoutFim', endpoint: endpoint.name, model: model.name } };
}

/** What came of reading an answer; `raw` is everything that was generated. */
export interface ReadAnswer {
  readonly end: FlightEnd;
  readonly raw: string;
  /** The whole prompt, as the server counted it. */
  readonly inputTokens: number | undefined;
  /** What of it was not in the server's cache; how long that took, and the answer: where the server tells. */
  readonly evaluatedTokens: number | undefined;
  readonly prefillMs: number | undefined;
  readonly decodeMs: number | undefined;
}

/** Reads an answer into its flight until a rule says that it is over, the model stops, or nobody wants more. */
export async function readAnswer(
  stream: AsyncIterable<StreamPart>,
  wish: RequestWish,
  draft: CompletionDraft,
): Promise<Consumed<ReadAnswer>> {
  const { snapshot, flight } = wish;
  const place = answerPlaceOf(snapshot, flight.start.place, flight.start.shape);
  const markers = draft.plan()?.markers ?? [];
  const forced = draft.forced();
  const logprobs: number[] = [];
  let raw = '';
  let counted: Counted = NOT_COUNTED;
  let last: 'stop' | 'cut' | 'running' = 'running';
  const parts = stream[Symbol.asyncIterator]();
  for (;;) {
    const next = await nextPart(parts, flight);
    if (next === 'enough') break;
    if (next.type === 'failed') return failedMidway(next, raw);
    if (next.type === 'finish') {
      counted = countedBy(next);
      last = next.reason === 'cut' ? 'cut' : 'stop';
      break;
    }
    if (next.type !== 'text') continue;
    if (flight.usable === '') logprobs.push(...(next.logprobs ?? []));
    flight.meanLogprob = mean(logprobs);
    raw += next.text;
    const end = answerEnd(forced + raw, { ...place, maxLines: flight.wantedLines });
    show(flight, (forced + raw).slice(0, end), { place, markers, isOver: end !== undefined });
    if (end !== undefined) {
      last = 'stop';
      break;
    }
  }
  leave(parts);
  const end = last === 'stop' ? finished(flight, forced + raw, { place, markers }) : unfinished(flight, last);
  return { value: { end, raw, ...counted }, outcome: end.kind === 'empty' ? end : { kind: 'answered' } };
}

type Counted = Omit<ReadAnswer, 'end' | 'raw'>;

const NOT_COUNTED: Counted = {
  inputTokens: undefined,
  evaluatedTokens: undefined,
  prefillMs: undefined,
  decodeMs: undefined,
};

function countedBy({ usage, serverTimings }: Extract<StreamPart, { type: 'finish' }>): Counted {
  const { inputTokens, cachedInputTokens } = usage;
  const isKnown = inputTokens !== undefined && cachedInputTokens !== undefined;
  const evaluatedTokens = isKnown ? inputTokens - cachedInputTokens : undefined;
  return { inputTokens, evaluatedTokens, prefillMs: serverTimings?.prefillMs, decodeMs: serverTimings?.decodeMs };
}

function mean(values: readonly number[]): number | undefined {
  return values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : undefined;
}

type Read = StreamPart | 'enough';

/** The stream's next part, or the news that nobody wants more; an end without a closing part is the same to the reader. */
async function nextPart(parts: AsyncIterator<StreamPart>, flight: Flight): Promise<Read> {
  const next = parts.next().then((result): Read => (result.done ? 'enough' : result.value));
  const first = await Promise.race([next, flight.unwanted.then((): Read => 'enough')]);
  return first === 'enough' ? leave(parts) : first;
}

/** Not waited for: a generator that waits for its server closes when the server's next word comes. */
function leave(parts: AsyncIterator<StreamPart>): 'enough' {
  void parts.return?.();
  return 'enough';
}

interface Judging {
  readonly place: AnswerPlace;
  readonly markers: readonly string[];
}

/** Makes what has come so far visible: whole lines to be shown, and the line being written to be compared. */
function show(flight: Flight, text: string, { place, markers, isOver }: Judging & { readonly isOver: boolean }): void {
  const whole = isOver ? text : text.slice(0, text.lastIndexOf('\n') + 1);
  const said = trimAnswer(text, place, markers);
  const usable = trimAnswer(whole, place, markers);
  flight.said = 'text' in said ? said.text : '';
  flight.usable = 'text' in usable ? usable.text : '';
  flight.notify();
}

function finished(flight: Flight, text: string, { place, markers }: Judging): FlightEnd {
  const end = answerEnd(text, { ...place, maxLines: flight.wantedLines }) ?? text.length;
  const trimmed = trimAnswer(text.slice(0, end), place, markers);
  flight.said = flight.usable = 'text' in trimmed ? trimmed.text : '';
  return 'text' in trimmed ? { kind: 'answered' } : { kind: 'empty', why: trimmed.empty };
}

/** Of an answer that was left or cut off only the whole lines count: the rest is not what the model meant to say. */
function unfinished(flight: Flight, how: 'cut' | 'running'): FlightEnd {
  flight.said = flight.usable;
  if (flight.usable !== '') return { kind: 'answered' };
  return how === 'cut' ? { kind: 'empty', why: 'cutOff' } : { kind: 'cancelled' };
}

function failedMidway(part: Extract<StreamPart, { type: 'failed' }>, raw: string): Consumed<ReadAnswer> {
  const end: FlightEnd = { kind: 'empty', why: 'cutOff' };
  return { value: { end, raw, ...NOT_COUNTED }, outcome: { kind: 'failed', error: part.error } };
}
