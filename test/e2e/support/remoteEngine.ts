import { execFileSync } from 'node:child_process';
import { lookup } from 'node:dns/promises';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { bundleEmbeddedEngine, startEmbedded } from '../../support/embeddedEngine.ts';

/** A second engine process behind TLS and a key, under a name that is not localhost: what a remote model looks like. */
export interface RemoteEngine extends AsyncDisposable {
  readonly url: string;
  readonly key: string;
  readonly model: string;
  /** For NODE_EXTRA_CA_CERTS: its certificate is trusted by those who are told so. */
  readonly certificateFile: string;
  /** Method and path of every request that came with the key. */
  readonly requests: string[];
  /** Connections, whatever became of them. */
  connections(): number;
  /** What the server itself counted, summed over its answers. */
  readonly counted: { inputTokens: number; outputTokens: number };
}

/** Undefined where this machine's own name leads nowhere. */
export async function ownName(): Promise<string | undefined> {
  const name = hostname();
  return lookup(name).then(
    () => name,
    () => undefined,
  );
}

export async function startRemoteEngine(name: string): Promise<RemoteEngine> {
  await bundleEmbeddedEngine();
  const { supervisor, engine } = await startEmbedded();
  const folder = mkdtempSync(join(tmpdir(), 'minnow-tls-'));
  const file = (suffix: string) => join(folder, suffix);
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', `/CN=${name}`],
      ...['-addext', `subjectAltName=DNS:${name}`, '-keyout', file('key.pem'), '-out', file('cert.pem')],
    ],
    { stdio: 'ignore' },
  );
  const key = 'sk-remote-test';
  const requests: string[] = [];
  const counted = { inputTokens: 0, outputTokens: 0 };
  let connections = 0;
  const server = createServer({ key: readFileSync(file('key.pem')), cert: readFileSync(file('cert.pem')) });
  server.on('connection', () => connections++);
  server.on('request', async (request, response) => {
    if (request.headers.authorization !== `Bearer ${key}`) {
      response.writeHead(401, { 'content-type': 'application/json' }).end('{"error":{"message":"no such key"}}');
      return;
    }
    requests.push(`${request.method} ${request.url}`);
    const body = Buffer.concat(await request.toArray());
    const answer = await fetch(`${new URL(engine.url).origin}${request.url}`, {
      method: request.method ?? 'GET',
      headers: { authorization: `Bearer ${engine.token}`, 'content-type': 'application/json' },
      ...(body.length > 0 && { body }),
    });
    const text = await answer.text();
    count(text, counted);
    response.writeHead(answer.status, { 'content-type': answer.headers.get('content-type') ?? 'text/plain' }).end(text);
  });
  await new Promise<void>(resolve => server.listen(0, '0.0.0.0', resolve));
  return {
    url: `https://${name}:${(server.address() as AddressInfo).port}/v1`,
    key,
    model: engine.model.name,
    certificateFile: file('cert.pem'),
    requests,
    connections: () => connections,
    counted,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await supervisor.dispose();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function count(stream: string, counted: RemoteEngine['counted']): void {
  const usages = [...stream.matchAll(/"usage":\{"prompt_tokens":(\d+),"completion_tokens":(\d+)/g)];
  const last = usages.at(-1);
  counted.inputTokens += Number(last?.[1] ?? 0);
  counted.outputTokens += Number(last?.[2] ?? 0);
}
