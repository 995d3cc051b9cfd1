import type { GeneratedToken, GenerationError, GenerationFigures } from './generation.ts';
import type { NativeModelFacts } from './nativeModel.ts';

export type AnswerKind = 'completion' | 'chat';

/** What all bodies of one answer share. */
export interface AnswerHead {
  readonly kind: AnswerKind;
  readonly id: string;
  readonly createdSeconds: number;
  readonly model: string;
}

/** Everything the server can refuse, with the status it has then. */
export interface ErrorBody {
  readonly status: number;
  readonly body: { readonly error: { readonly code: number; readonly message: string; readonly type: string } };
}

export function errorBody(status: number, type: string, message: string, more: object = {}): ErrorBody {
  return { status, body: { error: { code: status, message, type, ...more } } };
}

/** Types and figures as llama.cpp's own server names them, so that a client needs one reading for both. */
export function generationErrorBody(error: GenerationError): ErrorBody {
  switch (error.kind) {
    case 'tooLong': {
      const { promptTokens, maxTokens, contextTokens } = error;
      const message = `the prompt of ${promptTokens} tokens and an answer of ${maxTokens} do not fit into ${contextTokens}`;
      return errorBody(400, 'exceed_context_size_error', message, {
        n_prompt_tokens: promptTokens,
        n_predict: maxTokens,
        n_ctx: contextTokens,
      });
    }
    case 'emptyPrompt':
      return errorBody(400, 'invalid_request_error', 'the prompt is empty');
    case 'tooManyWaiting':
      return errorBody(503, 'unavailable_error', 'too many requests are waiting');
    case 'engineFailed':
      return errorBody(500, 'server_error', error.detail);
  }
}

/** One body for the whole answer. */
export function wholeBody(
  head: AnswerHead,
  answer: { text: string; tokens: readonly GeneratedToken[]; reason: string; figures: GenerationFigures },
  withLogprobs: boolean,
): object {
  const logprobs = withLogprobs ? logprobsOf(head.kind, answer.tokens) : null;
  const content =
    head.kind === 'chat' ? { message: { role: 'assistant', content: answer.text } } : { text: answer.text };
  return {
    ...common(head, false),
    choices: [{ index: 0, ...content, logprobs, finish_reason: answer.reason }],
    usage: usageOf(answer.figures),
    timings: timingsOf(answer.figures),
  };
}

export function textEvent(
  head: AnswerHead,
  text: string,
  logprobTokens: readonly GeneratedToken[] | undefined,
): object {
  const logprobs = logprobTokens ? logprobsOf(head.kind, logprobTokens) : null;
  const content = head.kind === 'chat' ? { delta: { content: text } } : { text };
  return { ...common(head, true), choices: [{ index: 0, ...content, logprobs, finish_reason: null }] };
}

/** The event with the reason, and the timings, which have no place in OpenAI's protocol but in llama.cpp's. */
export function finishEvent(head: AnswerHead, reason: string, figures: GenerationFigures): object {
  const content = head.kind === 'chat' ? { delta: {} } : { text: '' };
  return {
    ...common(head, true),
    choices: [{ index: 0, ...content, logprobs: null, finish_reason: reason }],
    timings: timingsOf(figures),
  };
}

export function usageEvent(head: AnswerHead, figures: GenerationFigures): object {
  return { ...common(head, true), choices: [], usage: usageOf(figures) };
}

export function modelsBody(facts: NativeModelFacts): object {
  const { contextTokens, trainedContextTokens, name } = facts;
  return {
    object: 'list',
    data: [
      {
        id: name,
        object: 'model',
        created: 0,
        owned_by: 'minnow',
        max_model_len: contextTokens,
        meta: { n_ctx: contextTokens, n_ctx_train: trainedContextTokens, size: facts.sizeBytes },
        // What a client needs to write prompts for this model; the names are those of ModelFacts (backends/backend.ts).
        minnow: {
          architecture: facts.architecture,
          aliases: facts.aliases,
          contextTokens,
          trainedContextTokens,
          sizeBytes: facts.sizeBytes,
          quantization: facts.quantization,
          parameterSize: facts.parameterSize,
          capabilities: {
            serverFim: false,
            chat: true,
            tools: false,
            thinking: false,
            images: false,
            healsWords: true,
          },
          fimMarkers: facts.fimMarkers,
          chatTemplate: facts.chatTemplate,
        },
      },
    ],
  };
}

function common(head: AnswerHead, streamed: boolean): object {
  const object = head.kind === 'chat' ? `chat.completion${streamed ? '.chunk' : ''}` : 'text_completion';
  return { id: head.id, object, created: head.createdSeconds, model: head.model };
}

function usageOf(figures: GenerationFigures): object {
  const { promptTokens, generatedTokens, cachedTokens } = figures;
  return {
    prompt_tokens: promptTokens,
    completion_tokens: generatedTokens,
    total_tokens: promptTokens + generatedTokens,
    prompt_tokens_details: { cached_tokens: cachedTokens },
  };
}

/** As llama.cpp's server has them: `cache_n` is what was not read again, `prompt_n` what was. */
function timingsOf(figures: GenerationFigures): object {
  return {
    queue_ms: figures.queueMs,
    cache_n: figures.cachedTokens,
    prompt_n: figures.promptTokens - figures.cachedTokens,
    prompt_ms: figures.prefillMs,
    predicted_n: figures.generatedTokens,
    predicted_ms: figures.decodeMs,
    draft_n: figures.draftedTokens,
    draft_n_accepted: figures.acceptedTokens,
  };
}

function logprobsOf(kind: AnswerKind, tokens: readonly GeneratedToken[]): object {
  if (kind === 'chat') return { content: tokens.map(({ text, logprob }) => ({ token: text, logprob })) };
  return { tokens: tokens.map(token => token.text), token_logprobs: tokens.map(token => token.logprob ?? null) };
}
