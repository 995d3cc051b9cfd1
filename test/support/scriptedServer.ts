// One server for everything that real servers only do now and then: it reads a request and answers with bytes, silence, a
// reset or an end, exactly as scripted. It speaks HTTP by hand, because a library would mend what is meant to be broken.
import { once } from 'node:events';
import { createServer as createTcpServer, type Server, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';

/** What happens next on the connection. After the last step it waits for the next request. */
export type Step =
  | { readonly send: string | Uint8Array }
  | { readonly sendForever: Uint8Array }
  | { readonly pauseMs: number }
  | { readonly until: Promise<unknown> }
  /** Nothing more comes, and the connection stays open. */
  | 'silence'
  /** The connection breaks off (RST). */
  | 'reset'
  /** The connection ends in order (FIN), whatever was promised before. */
  | 'end';

export type Script = readonly Step[];

export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Counted from 1, in the order of their opening. */
  readonly connection: number;
  /** How many requests came on this connection, this one included. */
  readonly nthOnConnection: number;
}

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  readonly requests: readonly SeenRequest[];
  readonly openConnections: number;
  /** Bytes handed to the operating system. */
  readonly sentBytes: number;
  /** Resolves once the other side has let go of every connection. */
  allClosed(): Promise<void>;
  nextRequest(): Promise<SeenRequest>;
  close(): Promise<void>;
}

export interface ScriptedServerOptions {
  readonly tls?: TlsOptions;
  readonly host?: string;
}

export async function startScriptedServer(
  answer: (request: SeenRequest) => Script,
  { tls, host = '127.0.0.1' }: ScriptedServerOptions = {},
): Promise<ScriptedServer> {
  const state = new ServerState(answer);
  const accept = (socket: Socket) => state.accept(socket);
  const server = tls ? createTlsServer(tls, accept).on('tlsClientError', () => {}) : createTcpServer(accept);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, host, resolve);
  });
  const port = portOf(server);
  return {
    url: `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    requests: state.requests,
    get openConnections() {
      return state.sockets.size;
    },
    get sentBytes() {
      return state.sentBytes;
    },
    allClosed: () => state.allClosed(),
    nextRequest: () => state.nextRequest(),
    close: async () => {
      for (const socket of state.sockets) socket.destroy();
      if (server.listening) await new Promise(resolve => server.close(resolve));
    },
  };
}

/** An address at which nothing listens. */
export async function closedPort(): Promise<number> {
  const server = createTcpServer();
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const port = portOf(server);
  await new Promise(resolve => server.close(resolve));
  return port;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a listening socket has a port');
  return address.port;
}

class ServerState {
  readonly requests: SeenRequest[] = [];
  readonly sockets = new Set<Socket>();
  sentBytes = 0;
  readonly #answer: (request: SeenRequest) => Script;
  #accepted = 0;
  #onRequest: ((request: SeenRequest) => void)[] = [];
  #onAllClosed: (() => void)[] = [];

  constructor(answer: (request: SeenRequest) => Script) {
    this.#answer = answer;
  }

  allClosed(): Promise<void> {
    if (this.sockets.size === 0) return Promise.resolve();
    return new Promise(resolve => this.#onAllClosed.push(resolve));
  }

  nextRequest(): Promise<SeenRequest> {
    return new Promise(resolve => this.#onRequest.push(resolve));
  }

  accept(socket: Socket): void {
    const connection = ++this.#accepted;
    this.sockets.add(socket);
    // That the other side breaks off is what many tests are about.
    socket.on('error', () => {});
    socket.once('close', () => {
      this.sockets.delete(socket);
      if (this.sockets.size > 0) return;
      for (const resolve of this.#onAllClosed.splice(0)) resolve();
    });
    this.#serve(socket, connection).catch(error => socket.destroy(error));
  }

  async #serve(socket: Socket, connection: number): Promise<void> {
    let nthOnConnection = 0;
    for await (const head of readRequests(socket)) {
      const request: SeenRequest = { ...head, connection, nthOnConnection: ++nthOnConnection };
      this.requests.push(request);
      for (const resolve of this.#onRequest.splice(0)) resolve(request);
      for (const step of this.#answer(request)) {
        if (socket.destroyed) return;
        await this.#play(step, socket);
      }
    }
  }

  async #play(step: Step, socket: Socket): Promise<void> {
    if (step === 'silence') await once(socket, 'close');
    else if (step === 'reset') socket.resetAndDestroy();
    else if (step === 'end') socket.end();
    else if ('send' in step) await this.#send(socket, step.send);
    else if ('sendForever' in step) while (!socket.destroyed) await this.#send(socket, step.sendForever);
    else if ('until' in step) await step.until;
    else await pause(step.pauseMs);
  }

  /** One call, one segment as far as we can decide it; waits while the other side does not read. */
  async #send(socket: Socket, bytes: string | Uint8Array): Promise<void> {
    await new Promise<void>(resolve => {
      socket.write(bytes, () => resolve());
    });
    this.sentBytes += bytes.length;
  }
}

type Head = Omit<SeenRequest, 'connection' | 'nthOnConnection'>;

/** Requests with a content-length or without a body; our own client sends no others. */
async function* readRequests(socket: Socket): AsyncGenerator<Head> {
  let pending = Buffer.alloc(0);
  const incoming = chunksOf(socket);
  for (;;) {
    const end = pending.indexOf('\r\n\r\n');
    if (end >= 0) {
      const [line = '', ...headerLines] = pending.subarray(0, end).toString('latin1').split('\r\n');
      const headers = Object.fromEntries(
        headerLines.map(header => {
          const colon = header.indexOf(':');
          return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()];
        }),
      );
      const bodyEnd = end + 4 + Number(headers['content-length'] ?? 0);
      if (pending.length >= bodyEnd) {
        const [method = '', path = ''] = line.split(' ');
        const body = pending.subarray(end + 4, bodyEnd).toString('utf8');
        pending = pending.subarray(bodyEnd);
        yield { method, path, headers, body };
        continue;
      }
    }
    const { value, done } = await incoming.next();
    if (done) return;
    pending = Buffer.concat([pending, value]);
  }
}

/** By events, because leaving an async iteration of a socket would destroy it, and a reset would throw. */
async function* chunksOf(socket: Socket): AsyncGenerator<Buffer> {
  const queue: Buffer[] = [];
  let wake = () => {};
  let isOver = false;
  socket.on('data', data => {
    queue.push(data);
    wake();
  });
  for (const event of ['end', 'close']) {
    socket.on(event, () => {
      isOver = true;
      wake();
    });
  }
  for (;;) {
    const next = queue.shift();
    if (next) yield next;
    else if (isOver) return;
    else
      await new Promise<void>(resolve => {
        wake = resolve;
      });
  }
}
