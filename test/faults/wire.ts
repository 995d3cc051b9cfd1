// How the three dialects put the same answer on the wire, so that a fault row need not know them.
import type { Dialect, GenerateRequest, Usage } from '../../src/backends/backend.ts';
import { chunk, chunkedHead, lastChunk, whole } from '../support/httpBytes.ts';
import type { Script } from '../support/scriptedServer.ts';

/** What is asked for: it decides the path and the shape of the answer. */
export type Ask = 'raw' | 'fim' | 'chat';

export interface Wire {
  readonly name: string;
  readonly dialect: Dialect;
  readonly ask: Ask;
  readonly delivery: GenerateRequest['delivery'];
  readonly contentType: string;
  /** One event with a piece of text, its line end included. */
  piece(text: string): string;
  /** Everything that closes an answer in order. */
  ending(): string;
  /** An event that says that something went wrong, as real servers send it after a status of 200. */
  errorEvent(message: string): string;
  /** The body of an answer that is not streamed. */
  wholeBody(text: string): string;
  /** A body as real servers send it with an error status. */
  errorBody(message: string, type: string): object;
}

export const REPORTED: Usage = { inputTokens: 12, cachedInputTokens: undefined, outputTokens: 3, source: 'reported' };

const sse = (data: object) => `data: ${JSON.stringify(data)}\n\n`;
const line = (data: object) => `${JSON.stringify(data)}\n`;

function ollama(ask: 'raw' | 'chat', delivery: GenerateRequest['delivery']): Wire {
  const said = (text: string) =>
    ask === 'chat' ? { message: { role: 'assistant', content: text } } : { response: text };
  const stamp = { model: 'tiny', created_at: '2026-11-23T21:00:00.000Z' };
  const counts = { done: true, done_reason: 'stop', total_duration: 9_000_000, prompt_eval_count: 12, eval_count: 3 };
  return {
    name: `ollama ${ask} ${delivery}`,
    dialect: 'ollama',
    ask,
    delivery,
    contentType: delivery === 'streamed' ? 'application/x-ndjson' : 'application/json; charset=utf-8',
    piece: text => line({ ...stamp, ...said(text), done: false }),
    ending: () => line({ ...stamp, ...said(''), ...counts }),
    errorEvent: message => line({ error: message }),
    wholeBody: text => JSON.stringify({ ...stamp, ...said(text), ...counts }),
    errorBody: message => ({ error: message }),
  };
}

function openAi(dialect: 'openai' | 'llama.cpp', ask: 'raw' | 'chat', delivery: GenerateRequest['delivery']): Wire {
  const choice = (text: string) => (ask === 'chat' ? { delta: { content: text } } : { text });
  const usage = { prompt_tokens: 12, completion_tokens: 3, total_tokens: 15 };
  const streamed = delivery === 'streamed';
  return {
    name: `${dialect} ${ask} ${delivery}`,
    dialect,
    ask,
    delivery,
    contentType: streamed ? 'text/event-stream; charset=utf-8' : 'application/json',
    piece: text => sse({ choices: [{ index: 0, ...choice(text), finish_reason: null }] }),
    ending: () =>
      sse({ choices: [{ index: 0, ...choice(''), finish_reason: 'stop' }] }) +
      sse({ choices: [], usage }) +
      'data: [DONE]\n\n',
    // vLLM says that it is done all the same.
    errorEvent: message => `${sse({ error: { message, type: 'InternalServerError', code: 500 } })}data: [DONE]\n\n`,
    wholeBody: text => {
      const answer = ask === 'chat' ? { message: { role: 'assistant', content: text } } : { text };
      return JSON.stringify({ choices: [{ index: 0, ...answer, finish_reason: 'stop' }], usage });
    },
    errorBody: (message, type) => ({ error: { message, type, param: null, code: null } }),
  };
}

/** llama.cpp's own form, in which `/infill` answers. */
function infill(delivery: GenerateRequest['delivery']): Wire {
  const timings = { cache_n: 0, prompt_n: 12, prompt_ms: 4, predicted_n: 3, predicted_ms: 5 };
  const last = { stop: true, stop_type: 'eos', timings };
  return {
    name: `llama.cpp fim ${delivery}`,
    dialect: 'llama.cpp',
    ask: 'fim',
    delivery,
    contentType: delivery === 'streamed' ? 'text/event-stream' : 'application/json',
    piece: text => sse({ index: 0, content: text, stop: false }),
    ending: () => sse({ index: 0, content: '', ...last }),
    errorEvent: message => sse({ error: { message, type: 'server_error', code: 500 } }),
    wholeBody: text => JSON.stringify({ index: 0, content: text, ...last }),
    errorBody: (message, type) => ({ error: { message, type, code: 400 } }),
  };
}

export const STREAMED: readonly Wire[] = [
  ollama('raw', 'streamed'),
  ollama('chat', 'streamed'),
  openAi('openai', 'raw', 'streamed'),
  openAi('openai', 'chat', 'streamed'),
  openAi('llama.cpp', 'raw', 'streamed'),
  openAi('llama.cpp', 'chat', 'streamed'),
  infill('streamed'),
];

/** Ollama alone is asked for whole answers where it counts: a stream of it that is aborted can wedge its model. */
export const WHOLE: readonly Wire[] = [ollama('raw', 'whole'), openAi('openai', 'raw', 'whole')];

/** A complete answer in order, in one piece per text. */
export function answerOf(wire: Wire, texts: readonly string[]): Script {
  if (wire.delivery === 'whole') return whole(200, wire.contentType, wire.wholeBody(texts.join('')));
  return [
    chunkedHead(wire.contentType),
    ...texts.map(text => chunk(wire.piece(text))),
    // In one go, so that the connection is free again as soon as the closing event was read.
    { send: Buffer.concat([chunk(wire.ending()), lastChunk].map(step => step.send)) },
  ];
}
