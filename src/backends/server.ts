import type { Clock } from '../base/clock.ts';
import { readJson, succeeded } from './answer.ts';
import type { BackendCall, ResponseLimits } from './backend.ts';
import type { Http, HttpResponse } from './http.ts';

/** The key for the server at this origin (scheme://host:port), if the user gave one. It goes to no other origin. */
export type KeyFor = (origin: string) => Promise<string | undefined>;

export interface ServerNeeds {
  readonly http: Http;
  readonly clock: Clock;
  /** What all paths stand behind, such as `http://127.0.0.1:8000/v1`. */
  readonly baseUrl: string;
  readonly keyFor: KeyFor;
}

export interface ServerRequest {
  /** Begins with a slash. */
  readonly path: string;
  /** With one the request is a POST, else a GET. */
  readonly body?: object;
  readonly model?: string;
  readonly limits?: ResponseLimits;
}

/** Questions that need no model are answered at once, also by a server that is busy generating. */
export const LOOKUP_LIMITS: ResponseLimits = { firstByteMs: 5_000, betweenEventsMs: 5_000 };

/** From a slow disk, gigabytes take minutes. */
export const LOAD_LIMITS: ResponseLimits = { firstByteMs: 10 * 60_000, betweenEventsMs: 60_000 };

/** Requests to one server, with its key. Both throw BackendFailure; for use inside a backend. */
export interface Server {
  /** A success with its body unread. */
  open(request: ServerRequest, call: BackendCall): Promise<HttpResponse>;
  /** A success that is a JSON object or array. */
  json(request: ServerRequest, call: BackendCall): Promise<unknown>;
}

export function createServer({ http, clock, baseUrl, keyFor }: ServerNeeds): Server {
  const base = baseUrl.replace(/\/+$/, '');
  const about = ({ model }: ServerRequest) => ({ model, nowMs: clock.nowMs() });
  const send = async ({ path, body, limits = LOOKUP_LIMITS }: ServerRequest, call: BackendCall) =>
    http.send({
      method: body ? 'POST' : 'GET',
      url: `${base}${path}`,
      ...(body && { body: JSON.stringify(body) }),
      limits,
      signal: call.signal,
      grant: call.grant,
      onPhase: call.onPhase,
      headers: await authorization(base, keyFor),
    });
  return {
    open: async (request, call) => succeeded(await send(request, call), about(request)),
    json: async (request, call) => readJson(await send(request, call), about(request)),
  };
}

export async function authorization(url: string, keyFor: KeyFor): Promise<Record<string, string>> {
  const origin = URL.parse(url)?.origin;
  const key = origin === undefined ? undefined : await keyFor(origin);
  return key ? { authorization: `Bearer ${key}` } : {};
}
