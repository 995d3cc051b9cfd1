// Stands between a backend and a real engine, passes everything on as it comes and keeps it.
import { createServer, type IncomingMessage, request as openRequest, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type RecordedExchange, recordedRequest } from './recording.ts';

export interface RecordingProxy {
  readonly url: string;
  /** In the order of the requests. */
  readonly exchanges: readonly RecordedExchange[];
  close(): Promise<void>;
}

/** `scrub` takes out of an answer what belongs to this machine alone. */
export async function startRecordingProxy(target: string, scrub: (text: string) => string): Promise<RecordingProxy> {
  const exchanges: RecordedExchange[] = [];
  const server = createServer((incoming, outgoing) => {
    const index = exchanges.push({ request: recordedRequest('', '', ''), response: undefined }) - 1;
    passOn({ incoming, outgoing, target, scrub }, exchange => {
      exchanges[index] = exchange;
    }).catch(error => outgoing.destroy(error));
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    exchanges,
    close: async () => {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

interface Passage {
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
  readonly target: string;
  readonly scrub: (text: string) => string;
}

async function passOn(
  { incoming, outgoing, target, scrub }: Passage,
  keep: (exchange: RecordedExchange) => void,
): Promise<void> {
  const { method = 'GET', url: path = '/' } = incoming;
  const body = await bodyOf(incoming);
  const request = recordedRequest(method, path, body.toString('utf8'));
  keep({ request, response: undefined });
  const { host: _, ...headers } = incoming.headers;
  // A connection of its own: llama-server closes one after a stream though it announced to keep it.
  const upstream = openRequest(`${target}${path}`, { method, headers, agent: false });
  outgoing.once('close', () => upstream.destroy());
  upstream.on('error', () => outgoing.destroy());
  upstream.once('response', response => {
    const status = response.statusCode ?? 0;
    const contentType = response.headers['content-type'] ?? '';
    const chunks: string[] = [];
    const remember = (isComplete: boolean) =>
      keep({ request, response: { status, contentType, chunks: [...chunks], isComplete } });
    outgoing.writeHead(status, response.headers);
    outgoing.flushHeaders();
    remember(false);
    const decoder = new TextDecoder();
    response.on('data', (data: Buffer) => {
      chunks.push(scrub(decoder.decode(data, { stream: true })));
      remember(false);
      outgoing.write(data);
    });
    response.once('end', () => {
      remember(true);
      outgoing.end();
    });
  });
  upstream.end(body);
}

async function bodyOf(incoming: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of incoming) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
