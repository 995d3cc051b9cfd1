import { timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Clock } from '../base/clock.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { EmbeddedEngine } from './embeddedEngine.ts';
import type { GenerationRequest } from './generation.ts';
import { LookupTexts } from './lookupTexts.ts';
import { type AnswerOptions, parseChat, parseCompletion, parseTokenize } from './requestBodies.ts';
import {
  type AnswerHead,
  type AnswerKind,
  type ErrorBody,
  errorBody,
  generationErrorBody,
  modelsBody,
} from './responseBodies.ts';
import { sendAnswer } from './sendAnswer.ts';

/** A prompt of a million tokens is smaller; nothing larger is read. */
const BODY_BYTES_MAX = 16 * 1024 * 1024;
/** No vocabulary has a longer token; the longest are runs of spaces. */
const TOKEN_CHARS_MAX = 128;
/** For requests that name no limit. */
const DEFAULT_MAX_TOKENS = 512;

/** Answers OpenAI's protocol on loopback. Whoever has no token, another host's name, or a page's origin, is refused. */
export function createHttpServer(engine: EmbeddedEngine, token: string, clock: Clock): Server {
  let answers = 0;
  const headOf = (kind: AnswerKind): AnswerHead => ({
    kind,
    id: `${kind === 'chat' ? 'chatcmpl' : 'cmpl'}-${++answers}`,
    createdSeconds: Math.floor(clock.nowMs() / 1000),
    model: engine.model.facts.name,
  });
  const lookupTexts = new LookupTexts(engine.model);
  return createServer((request, response) => {
    void (async () => {
      const refusal = refuse(request, token);
      if (refusal) sendError(response, refusal);
      else await route({ engine, request, response, headOf, lookupTexts });
    })().catch(() => response.destroy());
  });
}

/** In this order: a page that rebinds a name to loopback must not learn whether it guessed anything else right. */
function refuse(request: IncomingMessage, token: string): ErrorBody | undefined {
  const { host, origin, authorization } = request.headers;
  const port = request.socket.localPort;
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) {
    return errorBody(403, 'forbidden', 'this server answers to 127.0.0.1 only');
  }
  if (origin !== undefined) return errorBody(403, 'forbidden', 'this server does not answer web pages');
  if (!isSame(authorization ?? '', `Bearer ${token}`)) {
    return errorBody(401, 'authentication_error', 'the bearer token is missing or wrong');
  }
  return undefined;
}

function isSame(given: string, expected: string): boolean {
  const a = Buffer.from(given);
  const b = Buffer.from(expected);
  return a.length === b.length && timingSafeEqual(a, b);
}

interface Exchange {
  readonly engine: EmbeddedEngine;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly headOf: (kind: AnswerKind) => AnswerHead;
  readonly lookupTexts: LookupTexts;
}

async function route(exchange: Exchange): Promise<void> {
  const { engine, request, response } = exchange;
  const path = (request.url ?? '').split('?', 1)[0] ?? '';
  switch (`${request.method} ${path}`) {
    case 'GET /health':
      return sendJson(response, 200, { status: 'ok', work: engine.work });
    case 'GET /v1/models':
      return sendJson(response, 200, modelsBody(engine.model.facts));
    case 'POST /v1/completions':
      return answerCompletion(exchange);
    case 'POST /v1/chat/completions':
      return answerChat(exchange);
    case 'POST /tokenize':
      return answerTokenize(exchange);
    default:
      return sendError(response, errorBody(404, 'not_found_error', `no ${request.method} ${path} here`));
  }
}

async function answerCompletion(exchange: Exchange): Promise<void> {
  const parsed = await readParsed(exchange, parseCompletion);
  if (!parsed || isTooLongToRead(exchange, parsed.prompt.length)) return;
  const promptTokens = exchange.engine.model.tokenizePrompt(parsed.prompt);
  await answer(exchange, 'completion', { ...parsed, promptTokens });
}

async function answerChat(exchange: Exchange): Promise<void> {
  const parsed = await readParsed(exchange, parseChat);
  const chars = parsed?.messages.reduce((sum, message) => sum + message.content.length, 0) ?? 0;
  if (!parsed || isTooLongToRead(exchange, chars)) return;
  let promptTokens: readonly number[];
  try {
    promptTokens = exchange.engine.model.renderChat(parsed.messages);
  } catch (reason) {
    const detail = reason instanceof Error ? reason.message : String(reason);
    const message = `the model's chat template failed: ${detail}`;
    return sendError(exchange.response, errorBody(400, 'invalid_request_error', message));
  }
  await answer(exchange, 'chat', { ...parsed, promptTokens });
}

async function answerTokenize(exchange: Exchange): Promise<void> {
  const text = await readParsed(exchange, parseTokenize);
  if (text === undefined || isTooLongToRead(exchange, text.length)) return;
  const { model } = exchange.engine;
  const tokens = model.tokenizePrompt(text);
  sendJson(exchange.response, 200, { tokens, count: tokens.length, max_model_len: model.facts.contextTokens });
}

/** The request's body, or undefined when it was answered with what is wrong with it. */
async function readParsed<T>(
  { request, response }: Exchange,
  parse: (body: unknown) => Result<T, string>,
): Promise<T | undefined> {
  const body = await readBody(request);
  if (!body.ok) {
    sendError(response, body.error);
    return undefined;
  }
  const parsed = parse(body.value);
  if (!parsed.ok) sendError(response, errorBody(400, 'invalid_request_error', parsed.error));
  return parsed.ok ? parsed.value : undefined;
}

/** Answers what cannot fit however it is read, before a tokenizer that takes seconds for megabytes holds up everything. */
function isTooLongToRead({ engine, response }: Exchange, chars: number): boolean {
  const { contextTokens } = engine.model.facts;
  const atLeast = Math.ceil(chars / TOKEN_CHARS_MAX);
  if (atLeast <= contextTokens) return false;
  sendError(response, generationErrorBody({ kind: 'tooLong', promptTokens: atLeast, maxTokens: 0, contextTokens }));
  return true;
}

async function answer(
  exchange: Exchange,
  lane: AnswerKind,
  options: AnswerOptions & { readonly promptTokens: readonly number[] },
): Promise<void> {
  const room = Math.max(1, exchange.engine.model.facts.contextTokens - options.promptTokens.length);
  const maxTokens = options.maxTokens ?? Math.min(DEFAULT_MAX_TOKENS, room);
  const lookupTokens = exchange.lookupTexts.tokensOf(options.lookup);
  const request: GenerationRequest = { ...options, lane, maxTokens, lookupTokens };
  const abort = new AbortController();
  exchange.response.once('close', () => abort.abort());
  await sendAnswer({
    parts: exchange.engine.generate(request, abort.signal),
    response: exchange.response,
    head: exchange.headOf(lane),
    options,
  });
}

async function readBody(request: IncomingMessage): Promise<Result<unknown, ErrorBody>> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    // Read to its end all the same: a sender that is cut off in the middle never sees the answer.
    if (bytes <= BODY_BYTES_MAX) chunks.push(chunk);
  }
  if (bytes > BODY_BYTES_MAX) return failure(errorBody(413, 'invalid_request_error', 'the request is too large'));
  try {
    return success(JSON.parse(Buffer.concat(chunks).toString('utf8')));
  } catch {
    return failure(errorBody(400, 'invalid_request_error', 'the body is not JSON'));
  }
}

function sendError(response: ServerResponse, { status, body }: ErrorBody): void {
  sendJson(response, status, body);
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
