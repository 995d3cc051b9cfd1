// Faults of the network itself: F1 to F17 of the matrix, as far as a backend alone meets them.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type LookupFunction, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { grantNetwork } from '../../src/backends/permit.ts';
import { settle } from '../support/fakeClock.ts';
import { chunk, chunkedHead, head, lastChunk, whole } from '../support/httpBytes.ts';
import { closedPort, startScriptedServer } from '../support/scriptedServer.ts';
import { expectFailure, expectFinish, FADING, faultRow, generateOnce, HASTY, withBackend } from './faultRow.ts';
import { answerOf, STREAMED, WHOLE } from './wire.ts';

const EVERY = [...STREAMED, ...WHOLE];
const ONE_OF_EACH = STREAMED.filter(wire => wire.ask === 'raw');
const BOTH_LOOPBACKS = [
  { address: '::1', family: 6 },
  { address: '127.0.0.1', family: 4 },
];

describe('transport', () => {
  it.for(EVERY)('F1 nothing listens ($name)', async wire => {
    const { end } = await generateOnce(wire, { url: `http://127.0.0.1:${await closedPort()}` });
    expect(end).toMatchObject({ type: 'failed', error: { kind: 'unreachable' } });
  });

  it.for(ONE_OF_EACH)('F2 a name that nobody knows ($name)', async wire => {
    const url = 'http://minnow-no-such-host.invalid:11434';
    const { end } = await generateOnce(wire, { url, grant: grantNetwork(url) });
    expect(end).toMatchObject({ type: 'failed', error: { kind: 'unreachable' } });
    expect(JSON.stringify(end)).toContain('minnow-no-such-host.invalid');
  });

  it.for(ONE_OF_EACH)('F3 a machine that swallows every packet ($name)', async (wire, { skip }) => {
    if (process.platform !== 'linux') return skip('only Linux drops what a full queue cannot hold');
    const port = await fullBacklog();
    const { end } = await generateOnce(wire, { url: `http://127.0.0.1:${port}` });
    expect(end).toMatchObject({ type: 'failed', error: { kind: 'timeout', limit: 'connect' } });
  });

  faultRow('F4 silence before the headers', EVERY, {
    answer: () => ['silence'],
    limits: HASTY,
    check: outcome => expectFailure(outcome, 'timeout', { limit: 'firstByte', limitMs: 80 }),
  });

  faultRow('F5 headers, then silence', EVERY, {
    answer: wire => [chunkedHead(wire.contentType), 'silence'],
    limits: HASTY,
    check: outcome => expectFailure(outcome, 'timeout', { limit: 'firstByte' }),
  });

  faultRow('F6 silence in the middle of the answer', STREAMED, {
    answer: wire => [chunkedHead(wire.contentType), chunk(wire.piece('one;')), 'silence'],
    limits: FADING,
    check: outcome => {
      expectFailure(outcome, 'timeout', { limit: 'betweenEvents' });
      expect(outcome.text).toBe('one;');
    },
  });

  faultRow('F7 bytes that trickle and never become an event', STREAMED, {
    answer: wire => [
      chunkedHead(wire.contentType),
      chunk(wire.piece('one;')),
      ...[...wire.piece('a piece that never ends')].flatMap(letter => [chunk(letter), { pauseMs: 20 }]),
      'silence',
    ],
    limits: FADING,
    check: outcome => expectFailure(outcome, 'timeout', { limit: 'betweenEvents' }),
  });

  faultRow('F8 a reset in the middle of the answer', STREAMED, {
    answer: wire => [chunkedHead(wire.contentType), chunk(wire.piece('one;')), { pauseMs: 20 }, 'reset'],
    check: outcome => {
      expectFailure(outcome, 'unreachable');
      expect(outcome.server.requests).toHaveLength(1);
    },
  });

  faultRow('F8 a reset before the first byte, on a new connection', EVERY, {
    answer: () => ['reset'],
    check: outcome => {
      expectFailure(outcome, 'unreachable');
      expect(outcome.server.requests, 'nothing is sent twice').toHaveLength(1);
    },
  });

  faultRow('F10 an end in order without the closing event', STREAMED, {
    answer: wire => [chunkedHead(wire.contentType), chunk(wire.piece('one;')), lastChunk],
    check: outcome => expectFinish(outcome, 'cut', 'one;'),
  });

  faultRow('F10 a connection that ends in the middle of the answer', STREAMED, {
    answer: wire => [chunkedHead(wire.contentType), chunk(wire.piece('one;')), 'end'],
    check: outcome => expectFailure(outcome, 'unreachable'),
  });

  faultRow('F10 a connection that ends before the length that was promised', WHOLE, {
    answer: wire => [
      head(200, { 'content-type': wire.contentType, 'content-length': '9999' }),
      { send: wire.wholeBody('one;') },
      'end',
    ],
    check: outcome => expectFailure(outcome, 'unreachable'),
  });

  it.for(EVERY)('F9 a server that closes its idle connection just as it is used again ($name)', async wire => {
    const server = await startScriptedServer(request =>
      request.nthOnConnection > 1 ? ['reset'] : answerOf(wire, ['one;']),
    );
    onTestFinished(() => server.close());
    await withBackend(wire, { url: server.url }, async generate => {
      expect(await generate()).toMatchObject({ text: 'one;', end: { type: 'finish' } });
      await settle();
      expect(await generate()).toMatchObject({ text: 'one;', end: { type: 'finish' } });
    });
    expect(server.requests.map(({ connection, nthOnConnection }) => [connection, nthOnConnection])).toEqual([
      [1, 1],
      [1, 2],
      [2, 1],
    ]);
  });

  it.for(EVERY)('F9 two resets in a row are not answered by a third try ($name)', async wire => {
    const server = await startScriptedServer(request =>
      request.connection > 1 || request.nthOnConnection > 1 ? ['reset'] : answerOf(wire, ['one;']),
    );
    onTestFinished(() => server.close());
    const second = await withBackend(wire, { url: server.url }, async generate => {
      await generate();
      await settle();
      return generate();
    });
    expect(second.end).toMatchObject({ type: 'failed', error: { kind: 'unreachable' } });
    expect(server.requests).toHaveLength(3);
  });

  it.for(ONE_OF_EACH)('F11 a proxy in the environment is not used for loopback ($name)', async wire => {
    const proxy = await startScriptedServer(() => answerOf(wire, ['through the proxy']));
    const server = await startScriptedServer(() => answerOf(wire, ['direct']));
    onTestFinished(async () => {
      vi.unstubAllEnvs();
      await Promise.all([proxy.close(), server.close()]);
    });
    for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY']) vi.stubEnv(name, proxy.url);
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    const { text } = await generateOnce(wire, { url: server.url });
    expect(text).toBe('direct');
    expect(proxy.requests).toEqual([]);
  });

  for (const host of ['127.0.0.1', '::1']) {
    it.for(ONE_OF_EACH)(`F12 localhost, with the server on ${host} only ($name)`, async (wire, { skip }) => {
      const server = await startScriptedServer(() => answerOf(wire, ['one;']), { host }).catch(() => undefined);
      if (!server) return skip(`this machine has no ${host}`);
      onTestFinished(() => server.close());
      const lookup: LookupFunction = (_name, _options, callback) => callback(null, BOTH_LOOPBACKS);
      const { text } = await generateOnce(wire, { url: `http://localhost:${server.port}`, lookup });
      expect(text).toBe('one;');
    });
  }

  it.for(ONE_OF_EACH)('F15 localhost that leads to another machine ($name)', async wire => {
    const lookup: LookupFunction = (_name, _options, callback) =>
      callback(null, [{ address: '203.0.113.7', family: 4 }]);
    const { end } = await generateOnce(wire, { url: 'http://localhost:9', lookup });
    expect(end).toMatchObject({ type: 'failed', error: { kind: 'refusedByPolicy' } });
  });

  it.for(ONE_OF_EACH)('F15 an address beyond loopback without a grant ($name)', async wire => {
    const { end } = await generateOnce(wire, { url: 'http://192.0.2.1:11434' });
    expect(end).toMatchObject({ type: 'failed', error: { kind: 'refusedByPolicy' } });
  });

  it.for(ONE_OF_EACH)('F15 a grant for another origin ($name)', async wire => {
    const grant = grantNetwork('http://192.0.2.1:80');
    const { end } = await generateOnce(wire, { url: 'http://192.0.2.1:11434', grant });
    expect(end).toMatchObject({ type: 'failed', error: { kind: 'refusedByPolicy' } });
  });

  faultRow('F17 a page that asks to log in', EVERY, {
    answer: () => whole(200, 'text/html; charset=utf-8', '<!doctype html><title>Log in</title>'),
    check: outcome => expectFailure(outcome, 'notAnApi'),
  });

  for (const [title, status] of [
    ['F13 a redirect to another host', 307],
    ['F13 a permanent redirect to another host', 301],
  ] as const) {
    it.for(ONE_OF_EACH)(`${title} ($name)`, async wire => {
      const target = await startScriptedServer(() => answerOf(wire, ['never']));
      onTestFinished(() => target.close());
      const server = await startScriptedServer(() => [
        head(status, { location: `${target.url}/elsewhere`, 'content-length': '0' }),
      ]);
      onTestFinished(() => server.close());
      const { end } = await generateOnce(wire, { url: server.url });
      expect(end).toMatchObject({ type: 'failed', error: { kind: 'redirected', location: target.url } });
      expect(target.requests, 'neither body nor key goes there').toEqual([]);
    });
  }

  faultRow('F14 a redirect to another path of the same server', EVERY, {
    answer: (_wire, request) =>
      request.path === '/elsewhere'
        ? whole(200, 'application/json', '{}')
        : [head(307, { location: '/elsewhere', 'content-length': '0' })],
    check: outcome => {
      expectFailure(outcome, 'redirected');
      expect(outcome.server.requests).toHaveLength(1);
    },
  });
});

/** A process that listens and never accepts, with its queue of connections filled up: the kernel drops what comes next. */
async function fullBacklog(): Promise<number> {
  const code = `
    const server = require('node:net').createServer();
    server.listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
      require('node:fs').writeSync(1, server.address().port + '\\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    });`;
  const child = spawn(process.execPath, ['-e', code], { stdio: ['ignore', 'pipe', 'inherit'] });
  const waiting: Socket[] = [];
  onTestFinished(async () => {
    for (const socket of waiting) socket.destroy();
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  // More than the queue holds; those that fit are connected as far as the kernel is concerned.
  for (let count = 0; count < 4; count++) waiting.push(connect(port, '127.0.0.1').on('error', () => {}));
  await once(waiting[0] as Socket, 'connect');
  return port;
}
