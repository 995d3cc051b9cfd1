import { LineSplitter, TooLongError } from '../base/byteLines.ts';
import { EventSplitter } from '../base/serverSentEvents.ts';
import { parseJson } from '../base/untrustedJson.ts';
import { errorOf, refusedAnswer, refusedFieldOf } from './errors.ts';
import { BackendFailure } from './failure.ts';
import type { HttpResponse } from './http.ts';

/** No server sends events of more than a few kB. */
export const MAX_EVENT_CHARS = 1024 * 1024;

/** The whole body as text; its size is bounded by http.ts. */
export async function readText(response: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of response.body) {
    response.heard();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

export interface AskedFor {
  readonly model?: string | undefined;
  readonly nowMs: number;
}

/** Goes on with a success only; throws what any other status means. */
export async function succeeded(response: HttpResponse, about: AskedFor): Promise<HttpResponse> {
  if (response.status >= 200 && response.status < 300) return response;
  const answer = refusedAnswer(response, await readText(response), about);
  throw new BackendFailure(errorOf(answer), refusedFieldOf(answer.body));
}

export async function readJson(response: HttpResponse, about: AskedFor): Promise<unknown> {
  const text = await readText(await succeeded(response, about));
  const value = parseJson(text);
  if (typeof value === 'object' && value !== null) return value;
  const isJson = response.contentType.includes('json');
  throw new BackendFailure(
    isJson
      ? { kind: 'protocol', detail: 'the answer is not valid JSON' }
      : { kind: 'notAnApi', detail: 'what answered is not a model server' },
  );
}

/**
 * The data of the events of an answer, as they come. An answer that is one JSON object, as of a server that does not
 * stream though asked to, counts as a single event.
 */
export async function* readEvents(response: HttpResponse): AsyncGenerator<string> {
  if (response.contentType.includes('application/json')) {
    yield await readText(response);
    return;
  }
  if (!response.contentType.startsWith('text/event-stream')) {
    response.discard();
    throw new BackendFailure({ kind: 'notAnApi', detail: 'what answered is not a model server' });
  }
  const splitter = new EventSplitter(MAX_EVENT_CHARS);
  yield* split(response, splitter);
}

export async function* readLines(response: HttpResponse): AsyncGenerator<string> {
  yield* split(response, new LineSplitter(MAX_EVENT_CHARS));
}

interface Splitter {
  push(bytes: Uint8Array): string[];
  end(): string[];
}

async function* split(response: HttpResponse, splitter: Splitter): AsyncGenerator<string> {
  try {
    for await (const chunk of response.body) {
      const pieces = splitter.push(chunk);
      if (pieces.length > 0) response.heard();
      yield* pieces;
    }
    // A body that breaks off in the middle of an event is an answer that was cut, not one that cannot be read.
    yield* splitter.end().filter(piece => piece === '[DONE]' || parseJson(piece) !== undefined);
  } catch (thrown) {
    if (thrown instanceof TooLongError) {
      throw new BackendFailure({ kind: 'protocol', detail: `one event of the answer is ${thrown.message}` });
    }
    throw thrown;
  }
}
