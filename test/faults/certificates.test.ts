// F16 of the matrix: a server that cannot prove who it is. There is no way to connect to it all the same.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getCACertificates, setDefaultCACertificates, type TlsOptions } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { startScriptedServer } from '../support/scriptedServer.ts';
import { generateOnce } from './faultRow.ts';
import { answerOf, STREAMED } from './wire.ts';

const WIRES = STREAMED.filter(wire => wire.ask === 'raw');
const pem = (name: string) => readFileSync(join(import.meta.dirname, '../fixtures/tls', name), 'utf8');
const key = pem('server.key');

describe('certificates', () => {
  const trusted = getCACertificates('default');
  beforeAll(() => setDefaultCACertificates([...trusted, pem('authority.crt')]));
  afterAll(() => setDefaultCACertificates(trusted));

  it.for(WIRES)('a good one, to show that the others fail for their own reason ($name)', async wire => {
    expect(await connected(wire, { key, cert: pem('good.crt') })).toMatchObject({
      text: 'one;',
      end: { type: 'finish' },
      requests: 1,
    });
  });

  const rows: readonly (readonly [string, TlsOptions, RegExp])[] = [
    ['one that has expired', { key, cert: pem('expired.crt') }, /expired/],
    ['one for another name', { key, cert: pem('wrongHost.crt') }, /another name/],
    ['one that it signed itself', { key, cert: pem('selfSigned.crt') }, /signed by itself/],
    [
      'a protocol that is broken',
      { key, cert: pem('good.crt'), minVersion: 'TLSv1', maxVersion: 'TLSv1', ciphers: 'DEFAULT@SECLEVEL=0' },
      /TLS/,
    ],
  ];
  for (const [name, tls, reason] of rows) {
    it.for(WIRES)(`F16 ${name} ($name)`, async wire => {
      const { end, requests } = await connected(wire, tls);
      expect(end).toMatchObject({
        type: 'failed',
        error: { kind: 'unreachable', detail: expect.stringMatching(reason) },
      });
      expect(requests, 'nothing was sent').toBe(0);
    });
  }
});

async function connected(wire: (typeof WIRES)[number], tls: TlsOptions) {
  const server = await startScriptedServer(() => answerOf(wire, ['one;']), { tls });
  onTestFinished(() => server.close());
  const { text, end } = await generateOnce(wire, { url: `https://localhost:${server.port}` });
  return { text, end, requests: server.requests.length };
}
