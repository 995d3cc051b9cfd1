import type { Http, HttpRequest, HttpResponse } from '../../src/backends/http.ts';

/** What a scripted server answers: a value as JSON, or an answer in detail. Undefined is the 404 of a path that is not there. */
export type ScriptedAnswer = RawAnswer | Error | undefined;

export interface RawAnswer {
  readonly status?: number;
  readonly contentType?: string;
  /** Pieces arrive one after another. */
  readonly body: readonly (string | Uint8Array)[];
  readonly retryAfter?: string;
}

export function jsonAnswer(value: unknown, status = 200): RawAnswer {
  return { status, contentType: 'application/json; charset=utf-8', body: [JSON.stringify(value)] };
}

export function linesAnswer(...values: readonly unknown[]): RawAnswer {
  return { contentType: 'application/x-ndjson', body: values.map(value => `${JSON.stringify(value)}\n`) };
}

export function eventsAnswer(...data: readonly unknown[]): RawAnswer {
  const text = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));
  return { contentType: 'text/event-stream', body: data.map(value => `data: ${text(value)}\n\n`) };
}

export interface SeenHttpRequest {
  readonly method: string;
  readonly url: string;
  /** Parsed. */
  readonly body: unknown;
  readonly headers: Readonly<Record<string, string>>;
  readonly request: HttpRequest;
}

/** The port of http.ts without a network. */
export class ScriptedHttp implements Http {
  readonly seen: SeenHttpRequest[] = [];
  /** How many bodies were left before their end without `done`. */
  leftEarly = 0;
  readonly #answer: (request: SeenHttpRequest) => ScriptedAnswer;

  constructor(answer: (request: SeenHttpRequest) => ScriptedAnswer) {
    this.#answer = answer;
  }

  get last(): SeenHttpRequest {
    const last = this.seen.at(-1);
    if (!last) throw new Error('nothing was sent');
    return last;
  }

  async send(request: HttpRequest): Promise<HttpResponse> {
    const { method, url, body, headers = {} } = request;
    const seen = { method, url, body: body === undefined ? undefined : JSON.parse(body), headers, request };
    this.seen.push(seen);
    const answer = this.#answer(seen);
    if (answer instanceof Error) throw answer;
    request.onPhase?.('requestSent');
    request.onPhase?.('headers');
    return this.#respond(answer ?? { status: 404, contentType: 'text/plain', body: ['404 page not found'] });
  }

  dispose(): void {}

  #respond({ status = 200, contentType = 'application/json', body, retryAfter }: RawAnswer): HttpResponse {
    let isDone = false;
    const leaving = () => {
      if (!isDone) this.leftEarly++;
    };
    async function* chunks() {
      let isEnded = false;
      try {
        for (const piece of body) yield Buffer.from(piece);
        isEnded = true;
      } finally {
        if (!isEnded) leaving();
      }
    }
    const done = () => {
      isDone = true;
    };
    return { status, contentType, retryAfter, body: chunks(), heard() {}, done, discard: leaving };
  }
}
