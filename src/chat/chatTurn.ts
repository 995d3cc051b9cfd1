import type { ChatPrompt as ChatPromptRequest, FinishReason, Sampling, StreamPart } from '../backends/backend.ts';
import type { Clock } from '../base/clock.ts';
import type { TokenRatio } from '../base/tokenRatio.ts';
import type { Purpose, RequestRecord, Rung } from '../metering/requestRecord.ts';
import { Stopwatch } from '../metering/stopwatch.ts';
import type { Attempt, Door, DoorResult, Draft } from '../routing/dispatcher.ts';
import type { Candidate, EngineProblem, PermittedCandidate } from '../routing/endpoint.ts';
import type { Consent } from '../routing/privacyPolicy.ts';
import { type Attachment, pathsOf } from './attachments.ts';
import { buildChatPrompt, type ChatBudget, type ChatPrompt } from './chatPrompt.ts';
import type { AnswerMetrics, Author, Conversation, LeftOut, Question } from './conversation.ts';

/** A little warmth reads better in prose; code questions want the likeliest answer. */
export const CHAT_SAMPLING: Sampling = { temperature: 0.2, topP: 0.9, topK: 40, minP: 0.05, repeatPenalty: 1 };
const ANSWER_TOKENS_MAX = 2048;
/** Of the window, what is kept free for the answer, where the window is small. */
const ANSWER_SHARE = 0.35;
/** Where a server does not tell its window: the smallest that today's servers allocate by themselves. */
const WINDOW_TOKENS_UNKNOWN = 4096;
/** A large prompt on a slow machine takes long to read; silence beyond this is a fault (invariant 16). */
export const CHAT_LIMITS = { firstByteMs: 120_000, betweenEventsMs: 30_000 };

export type ThinkingLevel = ChatPromptRequest['thinking'];

export interface TurnRequest {
  readonly conversation: Conversation;
  readonly question: Question;
  readonly rung: Rung;
  /** The model that a person picked for this question, where they did. */
  readonly chosen?: Candidate | undefined;
  readonly purpose: Purpose;
  readonly thinking: ThinkingLevel;
  readonly consent: Consent | undefined;
  readonly fallbackFrom: Draft['fallbackFrom'] | undefined;
}

export interface TurnEvents {
  /** The door has opened: who answers, and what did not fit. */
  began(
    author: Author,
    prompt: { readonly leftOut: readonly LeftOut[]; readonly usedTokens: number; readonly windowTokens: number },
  ): void;
  text(delta: string): void;
  thinking(delta: string): void;
}

export type TurnEnd =
  | {
      readonly kind: 'finished';
      readonly reason: FinishReason;
      readonly metrics: AnswerMetrics;
      readonly thinkingMs: number | undefined;
    }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'failed'; readonly problem: EngineProblem; readonly requestId: string | undefined }
  | { readonly kind: 'refused'; readonly why: string };

export interface TurnNeeds {
  readonly clock: Clock;
  readonly door: Door;
  readonly tokenRatio: TokenRatio;
}

export function chatBudget(candidate: PermittedCandidate['model'], tokenRatio: TokenRatio): ChatBudget {
  const windowTokens = candidate.contextTokens ?? WINDOW_TOKENS_UNKNOWN;
  return {
    windowTokens,
    answerTokens: Math.min(ANSWER_TOKENS_MAX, Math.floor(windowTokens * ANSWER_SHARE)),
    tokensOf: chars => tokenRatio.tokens(candidate.name, chars),
    charsPerToken: tokenRatio.charsPerToken(candidate.name),
    takesImages: candidate.capabilities.images === true,
  };
}

/** One question to one rung. Everything the answer is made of goes to `events` as it comes. */
export async function runTurn(
  needs: TurnNeeds,
  request: TurnRequest,
  events: TurnEvents,
  signal: AbortSignal,
): Promise<TurnEnd> {
  let built: Extract<ChatPrompt, { ok: true }> | undefined;
  let windowTokens = WINDOW_TOKENS_UNKNOWN;
  const draft: Draft = {
    purpose: request.purpose,
    rung: request.rung,
    chosen: request.chosen,
    languageId: undefined,
    stopwatch: new Stopwatch(needs.clock),
    privacy: {
      paths: attachmentsOf(request).flatMap(pathsOf),
      contentUnknown: false,
      consent: request.consent,
    },
    ...(request.fallbackFrom && { fallbackFrom: request.fallbackFrom }),
    build(candidate) {
      const budget = chatBudget(candidate.model, needs.tokenRatio);
      const prompt = buildChatPrompt(request.conversation, request.question, budget);
      if (!prompt.ok) {
        const problem = {
          kind: 'promptTooLong',
          model: candidate.model.name,
          limitTokens: budget.windowTokens,
        } as const;
        return { ok: false, problem };
      }
      built = prompt;
      windowTokens = budget.windowTokens;
      return {
        ok: true,
        request: {
          model: candidate.model.name,
          prompt: { kind: 'chat', messages: prompt.messages, thinking: request.thinking },
          maxTokens: budget.answerTokens,
          stop: [],
          sampling: CHAT_SAMPLING,
          delivery: 'streamed',
          limits: CHAT_LIMITS,
        },
      };
    },
  };
  const reader = new TurnReader(needs.clock, events);
  const result = await needs.door.run(draft, signal, (stream, attempt) => {
    events.began(authorOf(attempt), {
      leftOut: built?.leftOut ?? [],
      usedTokens: built?.usedTokens ?? 0,
      windowTokens,
    });
    return reader.read(stream);
  });
  const end = endOf(result, reader);
  if (result.kind === 'answered' && built) learnRatio(needs.tokenRatio, built, result.record);
  return end;
}

function attachmentsOf(request: TurnRequest): readonly Attachment[] {
  return [...request.conversation.turns.flatMap(turn => turn.question.attachments), ...request.question.attachments];
}

function authorOf({ candidate }: Attempt): Author {
  const { endpoint, model } = candidate;
  return { model: model.name, endpoint: endpoint.name, locality: model.isRemote ? 'remote' : endpoint.locality };
}

class TurnReader {
  readonly #clock: Clock;
  readonly #events: TurnEvents;
  #thinkingSinceMs: number | undefined;
  thinkingMs: number | undefined;
  reason: FinishReason = 'cut';

  constructor(clock: Clock, events: TurnEvents) {
    this.#clock = clock;
    this.#events = events;
  }

  async read(stream: AsyncIterable<StreamPart>) {
    let sawText = false;
    for await (const part of stream) {
      if (part.type === 'thinking') {
        this.#thinkingSinceMs ??= this.#clock.monotonicMs();
        this.#events.thinking(part.text);
      } else if (part.type === 'text') {
        this.#endThinking();
        sawText = true;
        this.#events.text(part.text);
      } else if (part.type === 'finish') {
        this.#endThinking();
        this.reason = part.reason;
      } else if (part.type === 'failed') {
        return { value: undefined, outcome: { kind: 'failed', error: part.error } as const };
      }
    }
    const outcome = sawText ? ({ kind: 'answered' } as const) : ({ kind: 'empty', why: 'modelEndedAtOnce' } as const);
    return { value: undefined, outcome };
  }

  #endThinking(): void {
    if (this.#thinkingSinceMs === undefined || this.thinkingMs !== undefined) return;
    this.thinkingMs = this.#clock.monotonicMs() - this.#thinkingSinceMs;
  }
}

function endOf(result: DoorResult<undefined>, reader: TurnReader): TurnEnd {
  switch (result.kind) {
    case 'answered':
      return {
        kind: 'finished',
        reason: reader.reason,
        metrics: metricsOf(result.record),
        thinkingMs: reader.thinkingMs,
      };
    case 'cancelled':
      return { kind: 'stopped' };
    case 'failed':
      return { kind: 'failed', problem: result.problem, requestId: result.requestId };
    case 'refused':
      return { kind: 'refused', why: result.why };
  }
}

export function metricsOf(record: RequestRecord): AnswerMetrics {
  const { usage, spans } = record;
  const decodeMs = spans.generateMs;
  // The first token came with the span before: the rest took decodeMs.
  const decoded = usage.outputTokens === undefined ? undefined : usage.outputTokens - 1;
  const tokensPerSecond = decoded !== undefined && decoded > 0 && decodeMs ? (decoded / decodeMs) * 1000 : undefined;
  return {
    requestId: record.id,
    spans,
    inputTokens: usage.inputTokens,
    cachedInputTokens: usage.cachedInputTokens,
    outputTokens: usage.outputTokens,
    tokensPerSecond,
    costMicroUsd: record.costMicroUsd,
    costSource: record.costSource,
  };
}

function learnRatio(tokenRatio: TokenRatio, prompt: Extract<ChatPrompt, { ok: true }>, record: RequestRecord): void {
  if (record.usage.inputTokens === undefined || record.usage.source !== 'reported') return;
  const chars = prompt.messages.reduce((sum, message) => sum + message.content.length, 0);
  tokenRatio.observe(record.model, chars, record.usage.inputTokens);
}
