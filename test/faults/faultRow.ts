// One row of the fault matrix: what the server does, and what the backend must make of it. Every row also asserts that
// nothing is left behind: no timer, no connection, no rejection that nobody handles.
import type { LookupFunction } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import {
  type BackendError,
  type GenerateRequest,
  GREEDY,
  type ResponseLimits,
  type StreamPart,
} from '../../src/backends/backend.ts';
import { createHttp } from '../../src/backends/http.ts';
import type { NetworkGrant } from '../../src/backends/permit.ts';
import { systemClock } from '../../src/base/clock.ts';
import { toDisposable } from '../../src/base/disposable.ts';
import { backendFor } from '../support/backendFor.ts';
import { type Script, type ScriptedServer, type SeenRequest, startScriptedServer } from '../support/scriptedServer.ts';
import { onlyEnd, type StreamEnd, textOf } from '../support/streamParts.ts';
import type { Ask, Wire } from './wire.ts';

/** Long enough never to be met by accident on a machine that is busy. */
export const PATIENT: ResponseLimits = { firstByteMs: 20_000, betweenEventsMs: 20_000 };
/** For rows in which the limit for the first byte is what ends the wait. */
export const HASTY: ResponseLimits = { firstByteMs: 80, betweenEventsMs: 20_000 };
/** For rows in which an answer begins and then stops. */
export const FADING: ResponseLimits = { firstByteMs: 20_000, betweenEventsMs: 80 };

export interface Outcome {
  readonly text: string;
  readonly end: StreamEnd;
  readonly server: ScriptedServer;
}

/** `F4 a hang before headers` for each wire, with `answer` as the server and `check` on what came of it. */
export function faultRow(title: string, wires: readonly Wire[], row: FaultRow): void {
  for (const wire of wires) {
    it(`${title} (${wire.name})`, async () => {
      const server = await startScriptedServer(request => row.answer(wire, request));
      onTestFinished(() => server.close());
      const { text, end } = await generateOnce(wire, { url: server.url, ...(row.limits && { limits: row.limits }) });
      row.check({ text, end, server }, wire);
      // The client let go of the connection by itself; the test only stops to listen afterwards.
      await server.allClosed();
    });
  }
}

export interface FaultRow {
  readonly answer: (wire: Wire, request: SeenRequest) => Script;
  readonly limits?: ResponseLimits;
  readonly check: (outcome: Outcome, wire: Wire) => void;
}

export interface Target {
  readonly url: string;
  readonly limits?: ResponseLimits;
  readonly grant?: NetworkGrant;
  readonly lookup?: LookupFunction;
}

type Request = Pick<Wire, 'dialect' | 'ask' | 'delivery'>;
type Ended = Pick<Outcome, 'text' | 'end'>;

/** One request through a backend of its own. */
export function generateOnce(request: Request, target: Target): Promise<Ended> {
  return withBackend(request, target, generate => generate());
}

/** Any number of requests through one backend. Whatever it leaves behind fails the test. */
export async function withBackend<T>(
  { dialect, ask, delivery }: Request,
  { url, limits = PATIENT, grant, lookup }: Target,
  use: (generate: () => Promise<Ended>) => Promise<T>,
): Promise<T> {
  const unhandled: unknown[] = [];
  const onUnhandled = (reason: unknown) => unhandled.push(reason);
  process.on('unhandledRejection', onUnhandled);
  const { clock, pending } = countingClock();
  const http = createHttp({ clock, ...(lookup && { lookup }) });
  const backend = backendFor({ url, dialect, http, clock });
  const call = { signal: new AbortController().signal, ...(grant && { grant }) };
  try {
    return await use(async () => {
      const parts: StreamPart[] = [];
      for await (const part of backend.generate(requestFor(ask, delivery, limits), call)) parts.push(part);
      return { text: textOf(parts), end: onlyEnd(parts) };
    });
  } finally {
    http.dispose();
    // A rejection counts as unhandled once the queue of promises has run dry.
    await new Promise(resolve => setImmediate(resolve));
    process.off('unhandledRejection', onUnhandled);
    expect(unhandled).toEqual([]);
    expect(pending(), 'timers left').toBe(0);
  }
}

export function expectFailure({ end }: Outcome, kind: BackendError['kind'], details: object = {}): void {
  expect(end).toMatchObject({ type: 'failed', error: { kind, ...details } });
}

export function expectFinish({ end, text }: Outcome, reason: string, expectedText: string): void {
  expect(end).toMatchObject({ type: 'finish', reason });
  expect(text).toBe(expectedText);
}

function requestFor(ask: Ask, delivery: GenerateRequest['delivery'], limits: ResponseLimits): GenerateRequest {
  const prompts = {
    raw: { kind: 'raw', text: 'const a = ' },
    fim: { kind: 'fim', prefix: 'const a = ', suffix: '\n', extra: [] },
    chat: { kind: 'chat', messages: [{ role: 'user', content: 'hello' }], thinking: 'off' },
  } as const;
  return { model: 'tiny', prompt: prompts[ask], maxTokens: 16, stop: [], sampling: GREEDY, delivery, limits };
}

function countingClock() {
  const timers = new Set<object>();
  return {
    pending: () => timers.size,
    clock: {
      ...systemClock,
      after(delayMs: number, call: () => void) {
        const token = {};
        timers.add(token);
        const timer = systemClock.after(delayMs, () => {
          timers.delete(token);
          call();
        });
        return toDisposable(() => {
          timers.delete(token);
          timer.dispose();
        });
      },
    },
  };
}
