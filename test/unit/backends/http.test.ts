import type { LookupFunction } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { BackendError, ExchangePhase } from '../../../src/backends/backend.ts';
import { BackendFailure } from '../../../src/backends/failure.ts';
import { createHttp, type HttpRequest, type HttpResponse, MAX_BODY_BYTES } from '../../../src/backends/http.ts';
import { grantNetwork } from '../../../src/backends/permit.ts';
import { FakeClock, settle } from '../../support/fakeClock.ts';
import { chunk, chunkedHead, head, json, lastChunk } from '../../support/httpBytes.ts';
import { type Script, startScriptedServer } from '../../support/scriptedServer.ts';

// Real sockets on loopback; time stands still unless a test moves it. The faults of the network are in test/faults.

async function serverWith(answer: () => Script) {
  const server = await startScriptedServer(answer);
  const clock = new FakeClock();
  const http = createHttp({ clock });
  onTestFinished(async () => {
    http.dispose();
    await server.close();
  });
  const phases: ExchangePhase[] = [];
  const send = (more: Partial<HttpRequest> = {}) =>
    http.send({
      method: 'POST',
      url: `${server.url}/v1`,
      body: '{}',
      limits: { firstByteMs: 1000, betweenEventsMs: 500 },
      signal: new AbortController().signal,
      onPhase: phase => phases.push(phase),
      ...more,
    });
  return { server, clock, send, phases };
}

async function errorOf(work: Promise<unknown>): Promise<BackendError | undefined> {
  const thrown = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  return thrown instanceof BackendFailure ? thrown.error : undefined;
}

async function textOf(response: HttpResponse): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const bytes of response.body) {
    response.heard();
    chunks.push(bytes);
  }
  return Buffer.concat(chunks).toString();
}

/** Sockets take real time; the fake clock stands still meanwhile. */
const until = (condition: () => boolean) => vi.waitFor(() => expect(condition()).toBe(true), { interval: 1 });

describe('an exchange', () => {
  it('tells each of its phases once, in order', async () => {
    const { send, phases } = await serverWith(() => json(200, { ok: true }));
    expect(await textOf(await send())).toBe('{"ok":true}');
    expect(phases).toEqual(['requestSent', 'headers', 'firstByte']);
  });

  it('says what it wants, and that nothing may be packed', async () => {
    const { send, server } = await serverWith(() => json(200, {}));
    await textOf(await send({ body: '{"größe":1}', headers: { authorization: 'Bearer k' } }));
    expect(server.requests[0]).toMatchObject({
      method: 'POST',
      path: '/v1',
      body: '{"größe":1}',
      headers: { 'content-type': 'application/json', 'accept-encoding': 'identity', authorization: 'Bearer k' },
    });
  });

  it('is not begun where the caller has given up already', async () => {
    const { send, server } = await serverWith(() => json(200, {}));
    await expect(send({ signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    expect(server.requests).toEqual([]);
  });

  it('ends its connection when its caller gives up', async () => {
    const { send, server } = await serverWith(() => ['silence']);
    const typing = new AbortController();
    const sent = send({ signal: typing.signal });
    await server.nextRequest();
    typing.abort();
    await expect(sent).rejects.toMatchObject({ name: 'AbortError' });
    await server.allClosed();
  });

  it('leaves no timer behind', async () => {
    const { send, clock } = await serverWith(() => json(200, {}));
    await textOf(await send());
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('a limit', () => {
  it('runs out between events, though bytes that say nothing keep coming', async () => {
    const ping = Array.from({ length: 5 }, () => [chunk(': ping\n\n')]).flat();
    const { send, clock } = await serverWith(() => [chunkedHead('text/event-stream'), ...ping, 'silence']);
    const response = await send();
    const reading = errorOf(
      (async () => {
        for await (const _bytes of response.body);
      })(),
    );
    await settle();
    await clock.advance(1000);
    expect(await reading).toEqual({ kind: 'timeout', limit: 'firstByte', limitMs: 1000 });
  });

  it('stands still while the reader is busy', async () => {
    const busy = Promise.withResolvers<void>();
    const { send, clock } = await serverWith(() => [
      chunkedHead('text/event-stream'),
      chunk('data: 1\n\n'),
      { until: busy.promise },
      chunk('data: 2\n\n'),
      lastChunk,
    ]);
    const response = await send();
    let text = '';
    for await (const bytes of response.body) {
      response.heard();
      text += Buffer.from(bytes);
      await clock.advance(10_000);
      busy.resolve();
    }
    expect(text).toBe('data: 1\n\ndata: 2\n\n');
    expect(clock.pendingTimers).toBe(0);
  });

  it('names itself and its length', async () => {
    const { send, clock, server } = await serverWith(() => [chunkedHead('text/event-stream'), chunk('x'), 'silence']);
    const response = await send();
    const reading = errorOf(textOf(response));
    await until(() => clock.pendingTimers === 1);
    await settle();
    await clock.advance(500);
    expect(await reading).toEqual({ kind: 'timeout', limit: 'betweenEvents', limitMs: 500 });
    await server.allClosed();
  });
});

describe('a connection', () => {
  it('is used again after an answer that ended', async () => {
    const { send, server } = await serverWith(() => json(200, {}));
    for (let request = 0; request < 3; request++) await textOf(await send());
    expect(server.requests.map(({ connection }) => connection)).toEqual([1, 1, 1]);
  });

  it('is used again where nothing more was wanted and the body ended soon', async () => {
    const { send, server } = await serverWith(() => [
      chunkedHead('text/event-stream'),
      chunk('data: [DONE]\n\n'),
      { pauseMs: 5 },
      lastChunk,
    ]);
    // The end of the first body comes at some time after we left it; requests before that need a connection of their own.
    await vi.waitFor(async () => {
      const response = await send();
      for await (const _bytes of response.body) {
        response.done();
        break;
      }
      expect(server.requests.at(-1)?.nthOnConnection).toBeGreaterThan(1);
    });
  });

  it('is closed where nothing more was wanted and the body does not end', async () => {
    const { send, server, clock } = await serverWith(() => [chunkedHead('text/event-stream'), chunk('x'), 'silence']);
    const response = await send();
    for await (const _bytes of response.body) {
      response.done();
      break;
    }
    expect(server.openConnections).toBe(1);
    await clock.advance(250);
    await server.allClosed();
  });

  it('is closed where the reader leaves', async () => {
    const { send, server } = await serverWith(() => [chunkedHead('text/event-stream'), chunk('x'), 'silence']);
    const response = await send();
    for await (const _bytes of response.body) break;
    await server.allClosed();
  });
});

describe('what no caller wants', () => {
  it('is a body without end', async () => {
    const megabyte = Buffer.alloc(1024 * 1024, 'x');
    const { send, server } = await serverWith(() => [
      head(200, { 'content-type': 'application/json' }),
      { sendForever: megabyte },
    ]);
    expect(await errorOf(send().then(textOf))).toEqual({ kind: 'protocol', detail: 'the answer is too large' });
    await server.allClosed();
    expect(server.sentBytes).toBeLessThan(MAX_BODY_BYTES + 64 * megabyte.length);
  });

  it('is an answer that is packed', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const { send } = await serverWith(() => [head(200, headers), 'end']);
    expect(await errorOf(send())).toMatchObject({ kind: 'protocol' });
  });

  it.each(['ftp://127.0.0.1/', 'file:///etc/passwd', 'not an address', ''])('is the address %j', async url => {
    const { send } = await serverWith(() => []);
    expect(await errorOf(send({ url }))).toMatchObject({ kind: 'unreachable' });
  });
});

describe('plain http', () => {
  const leadsTo =
    (...addresses: readonly string[]): LookupFunction =>
    (_hostname, _options, callback) =>
      callback(
        null,
        addresses.map(address => ({ address, family: address.includes(':') ? 6 : 4 })),
      );

  async function open(url: string, lookup: LookupFunction) {
    const http = createHttp({ clock: new FakeClock(), lookup });
    onTestFinished(() => http.dispose());
    const signal = new AbortController().signal;
    const limits = { firstByteMs: 1000, betweenEventsMs: 500 };
    return http.send({ method: 'POST', url, body: '{}', limits, signal, grant: grantNetwork(url) });
  }

  it('does not leave private networks, whatever a name leads to', async () => {
    const error = { kind: 'unencrypted', origin: 'http://gpu-box:8000' };
    expect(await errorOf(open('http://gpu-box:8000', leadsTo('203.0.113.5', '2001:db8::5')))).toEqual(error);
  });

  it('does not go to an address of the internet', async () => {
    const error = { kind: 'unencrypted', origin: 'http://203.0.113.5:8000' };
    expect(await errorOf(open('http://203.0.113.5:8000', leadsTo()))).toEqual(error);
    expect(await errorOf(open('http://[2001:db8::5]:8000', leadsTo()))).toMatchObject({ kind: 'unencrypted' });
  });

  it('reaches a name by those of its addresses that are private', async () => {
    const { server } = await serverWith(() => json(200, { ok: true }));
    const response = await open(`http://gpu-box:${server.port}`, leadsTo('203.0.113.5', '127.0.0.1'));
    expect(await textOf(response)).toBe('{"ok":true}');
  });
});
