import { lookup as systemLookup } from 'node:dns';
import * as http from 'node:http';
import * as https from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { urlToHttpOptions } from 'node:url';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { ExchangePhase, ResponseLimits } from './backend.ts';
import { Deadline } from './deadline.ts';
import { BackendFailure } from './failure.ts';
import { isLocalAddress, isLoopbackAddress, localityOf, type NetworkGrant } from './permit.ts';

/*
 * The only file that opens a connection (invariant 2). It stands on Node's own http client, not on fetch or undici:
 * - fetch has no limit for connecting, hides whether a socket was reused, and the editor replaces it by one of its own that
 *   may go through a proxy; undici would add 733 kB (233 kB compressed, measured with esbuild) to the bundle.
 * - Here everything that is needed is told: the moment of connection, the moment the request is on the wire, whether the
 *   socket was reused; no redirect is followed, nothing is unpacked, and names are looked up by a function of ours.
 */

export interface Http extends Disposable {
  /** Resolves with the status line. Throws BackendFailure for whatever a server or a network does. */
  send(request: HttpRequest): Promise<HttpResponse>;
}

/** What holds for one exchange, whatever is sent in it. */
export interface Exchange {
  readonly limits: ResponseLimits;
  readonly signal: AbortSignal;
  readonly grant?: NetworkGrant | undefined;
  readonly onPhase?: ((phase: ExchangePhase) => void) | undefined;
  /** Extra headers, such as Authorization for this very origin. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

export interface HttpRequest extends Exchange {
  readonly method: 'GET' | 'POST' | 'DELETE';
  readonly url: string;
  /** JSON text. */
  readonly body?: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly contentType: string;
  readonly retryAfter: string | undefined;
  /** At most MAX_BODY_BYTES. To be read to its end or to a `break`, which closes the socket. Throws BackendFailure. */
  readonly body: AsyncIterable<Uint8Array>;
  /** To be called for each chunk that said something: only that starts the limit between events anew, a ping does not. */
  heard(): void;
  /** To be called when nothing more is wanted though the body may go on: its socket is then kept, if it ends soon. */
  done(): void;
  /** For a body that nobody will read: closes its socket. */
  discard(): void;
}

export interface HttpNeeds {
  readonly clock: Clock;
  readonly lookup?: LookupFunction;
}

/** The verbose description of a model with 256 Ki tokens is about 15 MB; nothing else comes near. */
export const MAX_BODY_BYTES = 32 * 1024 * 1024;

/** A local server accepts in under a millisecond; the rest is for a machine that is busy with a model. */
const CONNECT_LIMIT_MS = { loopback: 1_000, lan: 2_000, remote: 5_000 };

/** How long a body may take to end behind the last event that was wanted, before its socket is closed. */
const DRAIN_LIMIT_MS = 250;

/** Idle sockets kept for the next request, and for how long. */
const KEEP_ALIVE = { keepAlive: true, maxFreeSockets: 4, timeout: 15_000 };

export function createHttp({ clock, lookup = systemLookup as LookupFunction }: HttpNeeds): Http {
  const routes = createRoutes(lookup);
  const send = async (request: HttpRequest): Promise<HttpResponse> => {
    const url = checkedUrl(request);
    const told = new Set<ExchangePhase>();
    const onPhase = (phase: ExchangePhase) => {
      if (told.has(phase)) return;
      told.add(phase);
      request.onPhase?.(phase);
    };
    const attempt = () => new Attempt(clock, { ...request, onPhase }, url).open(routes.routeFor(url));
    try {
      return await attempt();
    } catch (thrown) {
      // llama-server closes its sockets after a stream while announcing keep-alive; no byte came, so nothing is lost.
      if (thrown instanceof StaleSocketFailure && !request.signal.aborted) return await attempt();
      throw thrown;
    }
  };
  return { send, dispose: routes.dispose };
}

/** Invariant 5, a second time: whatever the policy decided, a connection beyond loopback needs a grant for this very origin. */
function checkedUrl({ url: text, grant }: HttpRequest): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol)) {
    throw new BackendFailure({ kind: 'unreachable', detail: 'this is not an http address' });
  }
  if (localityOf(url) !== 'loopback' && grant?.origin !== url.origin) {
    throw new BackendFailure({ kind: 'refusedByPolicy', detail: `no permission to connect to ${url.origin}` });
  }
  const host = url.hostname.replace(/^\[|\]$/g, '');
  // A name is looked at once it was looked up, see `routeFor`.
  if (url.protocol === 'http:' && isIP(host) !== 0 && !isLocalAddress(host)) throw unencrypted(url);
  return url;
}

/** Makes a request that is not sent yet. */
type Route = (options: http.RequestOptions) => http.ClientRequest;

/**
 * In VS Code's extension host `http.request` belongs to the editor: it puts an agent of its own in place of ours, which finds
 * the user's proxy and certificates and opens a new connection for each request (seen in 1.139; `node:http` is patched too).
 * That is right for everything beyond this machine. To loopback no proxy setting may ever lead elsewhere, and connections
 * are to be kept, so there the request is made without that function. Names such as localhost count only with the addresses
 * of this machine, and without encryption only private networks are reached.
 */
function createRoutes(lookup: LookupFunction): { routeFor(url: URL): Route; dispose(): void } {
  const plain = new http.Agent(KEEP_ALIVE);
  const secure = new https.Agent(KEEP_ALIVE);
  return {
    routeFor(url) {
      const isSecure = url.protocol === 'https:';
      const agent = isSecure ? secure : plain;
      if (localityOf(url) === 'loopback') {
        const elsewhere = { kind: 'refusedByPolicy', detail: `${url.hostname} does not lead to this machine` } as const;
        const only = onlyTo(isLoopbackAddress, lookup, () => new BackendFailure(elsewhere));
        return options => new http.ClientRequest({ ...urlToHttpOptions(url), ...options, agent, lookup: only });
      }
      if (isSecure) return options => https.request(url, { ...options, agent, lookup });
      const only = onlyTo(isLocalAddress, lookup, () => unencrypted(url));
      return options => http.request(url, { ...options, agent, lookup: only });
    },
    dispose() {
      plain.destroy();
      secure.destroy();
    },
  };
}

/** A name wins a connection only to the addresses it was let through for; the answers of DNS are not trusted. */
function onlyTo(
  isAllowed: (address: string) => boolean,
  lookup: LookupFunction,
  refusal: () => BackendFailure,
): LookupFunction {
  return (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      const allowed = (Array.isArray(found) ? found : []).filter(({ address }) => isAllowed(address));
      const [first] = allowed;
      if (!first) callback(refusal(), []);
      else if (options.all) callback(null, allowed);
      else callback(null, first.address, first.family);
    });
  };
}

function unencrypted({ origin }: URL): BackendFailure {
  return new BackendFailure({ kind: 'unencrypted', origin });
}

class StaleSocketFailure extends BackendFailure {}

/** One request on one socket, from opening to the end of the body. */
class Attempt {
  readonly #clock: Clock;
  readonly #request: HttpRequest;
  readonly #url: URL;
  readonly #deadline: Deadline;
  #exchange: http.ClientRequest | undefined;
  #response: http.IncomingMessage | undefined;
  /** Why we ended it ourselves; stands before whatever error the socket then reports. */
  #ended: Error | undefined;
  #isHeard = false;
  #isDone = false;

  constructor(clock: Clock, request: HttpRequest, url: URL) {
    this.#clock = clock;
    this.#request = request;
    this.#url = url;
    this.#deadline = new Deadline(clock, (limit, limitMs) =>
      this.#end(new BackendFailure({ kind: 'timeout', limit, limitMs })),
    );
  }

  open(route: Route): Promise<HttpResponse> {
    const { method, headers, signal, limits, onPhase } = this.#request;
    if (signal.aborted) return Promise.reject(aborted());
    const body = this.#request.body === undefined ? undefined : Buffer.from(this.#request.body);
    return new Promise((resolve, reject) => {
      const exchange = route({
        method,
        headers: {
          accept: 'application/json, text/event-stream, application/x-ndjson',
          'accept-encoding': 'identity',
          ...(body && { 'content-type': 'application/json', 'content-length': String(body.length) }),
          ...headers,
        },
      });
      this.#exchange = exchange;
      signal.addEventListener('abort', this.#onAbort, { once: true });
      this.#deadline.arm('connect', CONNECT_LIMIT_MS[localityOf(this.#url)]);
      exchange.once('finish', () => {
        onPhase?.('requestSent');
        this.#deadline.arm('firstByte', limits.firstByteMs);
      });
      exchange.once('response', response => {
        onPhase?.('headers');
        this.#response = response;
        const refusal = refusalOf(response, this.#url);
        if (refusal) this.#end(refusal);
        else resolve(this.#read(response));
      });
      exchange.once('close', () => {
        this.#settle();
        reject(this.#ended ?? unreachable('the connection was closed'));
      });
      exchange.on('error', error => {
        this.#settle();
        reject(this.#failureOf(error));
      });
      exchange.end(body);
    });
  }

  #read(response: http.IncomingMessage): HttpResponse {
    return {
      status: response.statusCode ?? 0,
      contentType: response.headers['content-type']?.toLowerCase() ?? '',
      retryAfter: response.headers['retry-after'],
      body: this.#chunks(response),
      heard: () => {
        this.#isHeard = true;
      },
      done: () => {
        this.#isDone = true;
      },
      discard: () => this.#exchange?.destroy(),
    };
  }

  async *#chunks(response: http.IncomingMessage): AsyncGenerator<Uint8Array> {
    let bytes = 0;
    try {
      for await (const chunk of response.iterator({ destroyOnReturn: false }) as AsyncIterable<Uint8Array>) {
        if (bytes === 0) this.#request.onPhase?.('firstByte');
        bytes += chunk.length;
        if (bytes > MAX_BODY_BYTES) throw new BackendFailure({ kind: 'protocol', detail: 'the answer is too large' });
        this.#deadline.pause();
        this.#isHeard = false;
        yield chunk;
        if (this.#isHeard) this.#deadline.arm('betweenEvents', this.#request.limits.betweenEventsMs);
        else this.#deadline.resume();
      }
    } catch (thrown) {
      throw this.#failureOf(thrown);
    } finally {
      this.#settle();
      if (this.#isDone && !this.#ended) this.#drain(response);
      else if (!response.readableEnded) this.#exchange?.destroy();
    }
  }

  #drain(response: http.IncomingMessage): void {
    if (response.readableEnded) return;
    const late = this.#clock.after(DRAIN_LIMIT_MS, () => this.#exchange?.destroy());
    response.once('close', () => late.dispose());
    response.on('error', () => {}).resume();
  }

  readonly #onAbort = (): void => this.#end(aborted());

  #end(why: Error): void {
    this.#ended ??= why;
    this.#exchange?.destroy();
  }

  #settle(): void {
    this.#deadline.dispose();
    this.#request.signal.removeEventListener('abort', this.#onAbort);
  }

  #failureOf(thrown: unknown): Error {
    if (this.#ended) return this.#ended;
    if (thrown instanceof BackendFailure) return thrown;
    const detail = detailOf(thrown, this.#url);
    const isStale = this.#exchange?.reusedSocket && !this.#response && codeOf(thrown) === 'ECONNRESET';
    return isStale ? new StaleSocketFailure({ kind: 'unreachable', detail }) : unreachable(detail);
  }
}

/** What no caller wants to see, whatever it asked for. */
function refusalOf(response: http.IncomingMessage, url: URL): BackendFailure | undefined {
  const { statusCode = 0, headers } = response;
  if (statusCode >= 300 && statusCode < 400) {
    const location = URL.parse(headers.location ?? '', url.href)?.origin ?? 'an unknown place';
    return new BackendFailure({ kind: 'redirected', location });
  }
  const encoding = headers['content-encoding'];
  if (encoding && encoding !== 'identity') {
    return new BackendFailure({ kind: 'protocol', detail: `the answer is packed (${encoding}) though it must not be` });
  }
  if (statusCode < 300 && headers['content-type']?.toLowerCase().startsWith('text/html')) {
    return new BackendFailure({ kind: 'notAnApi', detail: 'a web page answered, not a model server' });
  }
  return undefined;
}

function aborted(): Error {
  return new DOMException('the caller no longer wants the answer', 'AbortError');
}

function unreachable(detail: string): BackendFailure {
  return new BackendFailure({ kind: 'unreachable', detail });
}

function codeOf(thrown: unknown): string | undefined {
  const code = thrown instanceof Error && 'code' in thrown ? thrown.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

const WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the connection was reset',
  EPIPE: 'the connection was reset',
  ENOTFOUND: 'the name is not known',
  EAI_AGAIN: 'the name could not be looked up',
  EHOSTUNREACH: 'the machine cannot be reached',
  ENETUNREACH: 'the network cannot be reached',
  ETIMEDOUT: 'the machine did not answer',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is signed by an authority that this machine does not know',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is signed by an authority that this machine does not know',
  ERR_TLS_CERT_ALTNAME_INVALID: 'its certificate is for another name',
  EPROTO: 'it does not speak TLS as expected',
};

function detailOf(thrown: unknown, url: URL): string {
  const code = codeOf(thrown);
  const words = (code && WORDS[code]) ?? 'the connection failed';
  return `${url.host}: ${words}${code ? ` (${code})` : ''}`;
}
