// One test's dealings with one engine: a backend of the product, and requests through it that are followed to their end.
import { expect } from 'vitest';
import {
  type Backend,
  type BackendCall,
  type BackendError,
  type ChatMessage,
  type GenerateRequest,
  GREEDY,
  type StreamPart,
  type ToolDefinition,
} from '../../src/backends/backend.ts';
import { createHttp } from '../../src/backends/http.ts';
import { systemClock } from '../../src/base/clock.ts';
import { type Detection, detectDialect } from '../../src/models/detect.ts';
import { backendFor } from '../support/backendFor.ts';
import { onlyEnd, type StreamEnd, textOf } from '../support/streamParts.ts';
import type { ContractSubject } from './subject.ts';
import type { EngineWitness } from './witness.ts';

export interface Session {
  readonly backend: Backend;
  readonly model: string;
  readonly url: string;
  readonly call: BackendCall;
  readonly witness: EngineWitness | undefined;
  readonly salt: string;
  generate(asked: Asked, backend?: Backend): Promise<Answer>;
  chat(messages: readonly ChatMessage[], asked?: ChatAsked): Promise<Answer>;
  /** What is found at the engine's address, with a path behind it if one is given. */
  detect(path?: string): Promise<Detection>;
  request(asked: Asked): GenerateRequest;
  withKey(key: string): Backend;
  /** The same kind of backend for another address. */
  at(url: string): Backend;
}

export type Asked = Partial<GenerateRequest> & Pick<GenerateRequest, 'prompt'>;
export type ChatAsked = Partial<GenerateRequest> & { readonly tools?: readonly ToolDefinition[] };

export interface Answer {
  readonly parts: readonly StreamPart[];
  readonly text: string;
  readonly end: StreamEnd;
}

/** The slowest here is an engine on one thread of a busy machine that reads 2,000 tokens. */
const LIMITS = { firstByteMs: 100_000, betweenEventsMs: 20_000 };

export async function inSession(
  subject: ContractSubject,
  title: string,
  run: (session: Session) => Promise<void>,
): Promise<void> {
  const connection = await subject.connect(title);
  const http = createHttp({ clock: systemClock });
  try {
    await run(createSession(subject, connection.url, http));
  } finally {
    http.dispose();
    await connection.release();
  }
}

function createSession(subject: ContractSubject, url: string, http: ReturnType<typeof createHttp>): Session {
  const { facts, key, model, witness, salt } = subject;
  const make = (change: { url?: string; key?: string }) =>
    backendFor({ url, dialect: facts.dialect, flavor: facts.flavor, http, key, ...change });
  const backend = make({});
  const call = { signal: new AbortController().signal };
  const request = (asked: Asked): GenerateRequest => ({
    model,
    maxTokens: 64,
    stop: [],
    sampling: GREEDY,
    delivery: 'streamed',
    limits: LIMITS,
    ...asked,
  });
  const generate = async (asked: Asked, through = backend) => {
    const parts: StreamPart[] = [];
    for await (const part of through.generate(request(asked), call)) parts.push(part);
    return { parts, text: textOf(parts), end: onlyEnd(parts) };
  };
  return {
    backend,
    model,
    url,
    call,
    witness,
    salt,
    request,
    generate,
    chat: (messages, { tools = [], ...asked } = {}) =>
      generate({ ...asked, prompt: { kind: 'chat', messages, tools, thinking: 'off' } }),
    detect: (path = '') =>
      detectDialect({ url: url + path, dialect: 'auto' }, { http, clock: systemClock, keyFor: async () => key }, call),
    withKey: other => make({ key: other }),
    at: other => make({ url: other }),
  };
}

export function failureOf(end: StreamEnd): BackendError {
  expect(end.type, JSON.stringify(end)).toBe('failed');
  return (end as Extract<StreamEnd, { type: 'failed' }>).error;
}
