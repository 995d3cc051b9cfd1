// The editor puts functions of its own in place of Node's in its extension host; only here can be seen what then becomes
// of a request.
import assert from 'node:assert/strict';
import { createServer, request as editorsRequest, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import { createHttp } from '../../../src/backends/http.ts';
import { systemClock } from '../../../src/base/clock.ts';
import { until } from './support/minnow.ts';

describe('requests to this machine', () => {
  const http = createHttp({ clock: systemClock });
  const servers: Server[] = [];
  const ports = new Set<number>();
  const proxied: string[] = [];
  let url: string;

  before(async () => {
    url = await listen(socketPort => ports.add(socketPort));
    const proxy = await listen((_, path) => proxied.push(path));
    await vscode.workspace.getConfiguration('http').update('proxy', proxy, vscode.ConfigurationTarget.Global);
    // From then on the editor leads requests there that ask for this machine by another name.
    await until('the proxy to be in force', async () => {
      await viaEditor('http://minnow-proxy-probe.invalid/');
      return proxied.length > 0;
    });
    proxied.length = 0;
  });

  after(async () => {
    await vscode.workspace.getConfiguration('http').update('proxy', undefined, vscode.ConfigurationTarget.Global);
    http.dispose();
    for (const server of servers) server.close();
  });

  async function listen(onRequest: (socketPort: number, path: string) => void): Promise<string> {
    const server = createServer((request, response) => {
      onRequest(request.socket.remotePort ?? 0, request.url ?? '');
      response.setHeader('content-type', 'application/json').end('{}');
    });
    servers.push(server);
    await new Promise<void>(resolve => {
      server.listen(0, '127.0.0.1', resolve);
    });
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function send(address: string): Promise<void> {
    const signal = new AbortController().signal;
    const limits = { firstByteMs: 10_000, betweenEventsMs: 10_000 };
    const response = await http.send({ method: 'GET', url: address, limits, signal });
    for await (const _bytes of response.body) response.heard();
    assert.equal(response.status, 200);
  }

  it('go there directly, whatever proxy the user has set', async () => {
    await send(url);
    await send(url.replace('127.0.0.1', 'localhost'));
    assert.deepEqual(proxied, []);
  });

  it('keep their connection', async () => {
    ports.clear();
    for (let request = 0; request < 3; request++) await send(url);
    assert.equal(ports.size, 1);
  });
});

function viaEditor(address: string): Promise<void> {
  return new Promise(resolve => {
    editorsRequest(new URL(address), response => response.resume().once('end', resolve))
      .once('error', () => resolve())
      .end();
  });
}
