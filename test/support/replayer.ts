// Answers requests with what a real engine was recorded to say to the very same ones.
import { isDeepStrictEqual } from 'node:util';
import { chunk, chunkedHead, lastChunk } from './httpBytes.ts';
import { type RecordedExchange, type RecordedRequest, type Recording, recordedRequest } from './recording.ts';
import { type Script, startScriptedServer } from './scriptedServer.ts';

export interface Replayer {
  readonly url: string;
  /** Requests that the recording does not know: what was recorded proves nothing about them. */
  readonly strangers: readonly RecordedRequest[];
  close(): Promise<void>;
}

export async function startReplayer(recording: Recording | undefined): Promise<Replayer> {
  const strangers: RecordedRequest[] = [];
  const unused = [...(recording?.exchanges ?? [])];
  const used: RecordedExchange[] = [];
  const server = await startScriptedServer(seen => {
    const request = recordedRequest(seen.method, seen.path, seen.body);
    const isAsked = (exchange: RecordedExchange) => isSame(exchange.request, request);
    const next = unused.findIndex(isAsked);
    // Asked more often than recorded, as by waiting for a state: the last answer holds.
    const exchange = next >= 0 ? unused.splice(next, 1)[0] : used.findLast(isAsked);
    if (exchange) {
      used.push(exchange);
      return scriptOf(exchange);
    }
    strangers.push(request);
    return ['reset'];
  });
  return { url: server.url, strangers, close: () => server.close() };
}

/** As JSON, because what is undefined is not in the file. */
function isSame(recorded: RecordedRequest, asked: RecordedRequest): boolean {
  return isDeepStrictEqual(recorded, JSON.parse(JSON.stringify(asked)));
}

function scriptOf({ response }: RecordedExchange): Script {
  if (!response) return ['silence'];
  const chunks = response.chunks.map(text => chunk(text));
  const start = [chunkedHead(response.contentType, response.status), ...chunks];
  return response.isComplete ? [...start, lastChunk] : [...start, 'silence'];
}
