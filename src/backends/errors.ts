import { at, countAt, listAt, numberAt, parseJson, textAt } from '../base/untrustedJson.ts';
import type { BackendError } from './backend.ts';

/** An answer that is not a success: its status (or the code inside a stream's error event) and its body, untrusted. */
export interface RefusedAnswer {
  readonly status: number;
  /** Parsed where it was JSON; else undefined. */
  readonly body: unknown;
  readonly isWebPage?: boolean;
  readonly retryAfter?: string | undefined;
  /** The model that was asked for, if any. */
  readonly model?: string | undefined;
  readonly nowMs: number;
}

/**
 * What a refusal means: decided here for all servers, by status first and then by a typed code or a key word, because
 * servers share statuses (400 is a long prompt, a missing capability and a wrong field) and change their sentences.
 */
export function errorOf(answer: RefusedAnswer): BackendError {
  const { status, body, model } = answer;
  const message = messageOf(body);
  const detail = shortened(message) ?? `the server answered ${status}`;
  if (status === 401 || status === 403 || status === 407)
    return { kind: 'unauthorized', detail: deniedDetail(status, message) };
  const tooLong = contextTooLong(body, message);
  if (tooLong) return tooLong;
  if (status === 404 || status === 405) {
    if (model !== undefined && namesModel(body, message)) return { kind: 'modelMissing', model };
    return { kind: 'notAnApi', detail: `there is no such path on this server (${status})` };
  }
  if (status === 429) return { kind: 'overloaded', retryAfterMs: retryAfterMs(answer.retryAfter, answer.nowMs) };
  if (status === 503) {
    if (/loading/i.test(message ?? '')) return { kind: 'modelLoading' };
    return { kind: 'overloaded', retryAfterMs: retryAfterMs(answer.retryAfter, answer.nowMs) };
  }
  const capability = missingCapability(status, message);
  if (capability) return { kind: 'unsupported', capability };
  if (status >= 500 || status === 499 || status === 408) return { kind: 'serverFailed', status, detail };
  if (answer.isWebPage) return { kind: 'notAnApi', detail: 'a web page answered, not a model server' };
  return { kind: 'badRequest', detail };
}

/** For an error that comes as an event or a line inside an answer whose status was 200. */
export function errorInside(event: unknown, model: string, nowMs: number): BackendError | undefined {
  const error = at(event, 'error');
  if (error === undefined || error === null) return undefined;
  const code = numberAt(error, 'code');
  const status = code !== undefined && code >= 400 && code < 600 ? code : 500;
  return errorOf({ status, body: event, model, nowMs });
}

/** Ollama: {error: text}. OpenAI and most others: {error: {message}}. FastAPI: {detail}. */
export function messageOf(body: unknown): string | undefined {
  return (
    textAt(body, 'error') ??
    textAt(body, 'error', 'message') ??
    textAt(body, 'detail') ??
    textAt(body, 'message') ??
    textAt(body, 'detail', 'message')
  );
}

/** OpenAI: {error: {param}}; vLLM writes `body.stop` there. FastAPI (Mistral): {detail: [{loc: ['body', 'stop']}]}. */
export function refusedFieldOf(body: unknown): string | undefined {
  const named = textAt(body, 'error', 'param')?.replace(/^body\./, '');
  const located = listAt(body, 'detail', 0, 'loc')[1];
  return named ?? (typeof located === 'string' ? located : undefined);
}

const MAX_DETAIL_CHARS = 200;

/** One line of server text, cut short: it is shown to people and stands in the ledger. */
function shortened(message: string | undefined): string | undefined {
  const line = message?.replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ').trim();
  if (!line) return undefined;
  return line.length <= MAX_DETAIL_CHARS ? line : `${line.slice(0, MAX_DETAIL_CHARS - 1)}…`;
}

function deniedDetail(status: number, message: string | undefined): string {
  const said = shortened(message);
  if (said) return said;
  if (status === 407) return 'the proxy wants to know who asks (407)';
  // Ollama answers so to a Host or Origin that it does not know, with nothing in the body.
  return status === 403 ? 'the server refuses requests under this name (403)' : 'the server wants a key (401)';
}

const TOO_LONG_CODES = new Set(['exceed_context_size_error', 'context_length_exceeded']);
const TOO_LONG_WORDS =
  /context (length|size|window)|maximum (context|model|sequence) len|max_model_len|max_seq_len|longer than the context/i;

function contextTooLong(body: unknown, message = ''): BackendError | undefined {
  const code = textAt(body, 'error', 'type') ?? '';
  const isTyped = TOO_LONG_CODES.has(code) || TOO_LONG_CODES.has(textAt(body, 'error', 'code') ?? '');
  if (!isTyped && !TOO_LONG_WORDS.test(message)) return undefined;
  const limit = countAt(body, 'error', 'n_ctx') ?? /(?:length|size|limit)\D{0,24}?(\d{3,8}) tokens/i.exec(message)?.[1];
  return {
    kind: 'contextTooLong',
    limitTokens: limit === undefined ? undefined : Number(limit),
    promptTokens: countAt(body, 'error', 'n_prompt_tokens'),
  };
}

function namesModel(body: unknown, message = ''): boolean {
  return textAt(body, 'error', 'code') === 'model_not_found' || /\bmodel\b/i.test(message);
}

type Capability = Extract<BackendError, { kind: 'unsupported' }>['capability'];

const CAPABILITY_WORDS: readonly (readonly [RegExp, Capability])[] = [
  [/support(s|ed)? (insert|suffix)|suffix is not|infill is not|does not support (fim|fill)/i, 'fim'],
  [
    /not support (tools|function)|tools: not supported|tool[ _]choice requires|tool calls? (is|are) not|--jinja/i,
    'tools',
  ],
  [/not support think|thinking is not/i, 'thinking'],
  [/not support (image|vision)|only text is supported|image input|multimodal|multi-modal|image_url|mmproj/i, 'images'],
];

function missingCapability(status: number, message = ''): Capability | undefined {
  if (status !== 400 && status !== 422 && status !== 501 && status !== 500) return undefined;
  return CAPABILITY_WORDS.find(([words]) => words.test(message))?.[1];
}

const LONGEST_RETRY_AFTER_MS = 10 * 60_000;

/** Seconds or a date; a wish beyond ten minutes is cut, and what is neither is unknown. */
export function retryAfterMs(value: string | undefined, nowMs: number): number | undefined {
  if (value === undefined) return undefined;
  const afterMs = /^\d+(\.\d+)?$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - nowMs;
  if (!Number.isFinite(afterMs)) return undefined;
  return Math.min(Math.max(afterMs, 0), LONGEST_RETRY_AFTER_MS);
}

export function refusedAnswer(
  response: { readonly status: number; readonly contentType: string; readonly retryAfter: string | undefined },
  text: string,
  about: { readonly model?: string | undefined; readonly nowMs: number },
): RefusedAnswer {
  return {
    status: response.status,
    body: parseJson(text),
    isWebPage: response.contentType.startsWith('text/html'),
    retryAfter: response.retryAfter,
    ...about,
  };
}
