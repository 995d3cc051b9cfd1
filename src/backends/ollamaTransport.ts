import { at, parseJson } from '../base/untrustedJson.ts';
import { type AskedFor, readJson, readLines, succeeded } from './answer.ts';
import { errorInside } from './errors.ts';
import { BackendFailure } from './failure.ts';
import type { Exchange, Http, HttpRequest, HttpResponse } from './http.ts';

/** What the `ollama` client gets in place of the global fetch, for one call. */
export interface OllamaTransport {
  readonly fetch: typeof fetch;
  /** Whether a streamed answer ended in order, but without its closing line. */
  readonly isCut: () => boolean;
}

/**
 * The client has no signal for one request, prints what it cannot parse to the console and tells a cut stream from an
 * error only by its message (0.6.4). So everything is decided here, before it sees a byte: the signal reaches the socket
 * before the headers, refusals and error lines are thrown as BackendFailure, and only valid lines get through.
 */
export function ollamaTransport(http: Http, exchange: Exchange, about: AskedFor): OllamaTransport {
  let isCut = false;
  const onEnd = (sawLast: boolean) => {
    isCut = !sawLast;
  };
  return {
    isCut: () => isCut,
    fetch: async (input, init) => {
      const response = await http.send({
        ...exchange,
        url: String(input),
        method: methodOf(init?.method),
        ...(typeof init?.body === 'string' && { body: init.body }),
      });
      if (!response.contentType.includes('ndjson')) return Response.json(await readJson(response, about));
      return new Response(checkedLines(await succeeded(response, about), about, onEnd));
    },
  };
}

function methodOf(method = 'GET'): HttpRequest['method'] {
  if (method === 'GET' || method === 'POST' || method === 'DELETE') return method;
  throw new BackendFailure({ kind: 'badRequest', detail: `no ${method} requests are made` });
}

/**
 * Read as they come, not as they are asked for: the client never cancels, and a body that nobody pulls would hold its
 * socket for ever. The bound is the one of http.ts on a whole body.
 */
function checkedLines(response: HttpResponse, about: AskedFor, onEnd: (sawLast: boolean) => void) {
  const encoder = new TextEncoder();
  return new ReadableStream<Uint8Array>({
    async start(controller) {
      let sawLast = false;
      try {
        for await (const line of readLines(response)) {
          if (line === '') continue;
          const value = checked(line, about);
          sawLast = at(value, 'done') === true || at(value, 'status') === 'success';
          controller.enqueue(encoder.encode(`${line}\n`));
          if (sawLast) {
            response.done();
            break;
          }
        }
        onEnd(sawLast);
        controller.close();
      } catch (thrown) {
        controller.error(thrown);
      }
    },
  });
}

function checked(line: string, { model = '', nowMs }: AskedFor): unknown {
  const value = parseJson(line);
  if (typeof value !== 'object' || value === null) {
    throw new BackendFailure({ kind: 'protocol', detail: 'a line of the answer is not valid JSON' });
  }
  const error = errorInside(value, model, nowMs);
  if (error) throw new BackendFailure(error);
  return value;
}
