// Pieces of HTTP answers as bytes, for the scripted server.
/** A step of a script. */
export interface Sent {
  readonly send: Uint8Array;
}

const REASONS: Readonly<Record<number, string>> = { 200: 'OK', 301: 'Moved Permanently', 307: 'Temporary Redirect' };

export function head(status: number, headers: Readonly<Record<string, string>>): Sent {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return { send: Buffer.from(`HTTP/1.1 ${status} ${REASONS[status] ?? 'Status'}\r\n${lines.join('')}\r\n`) };
}

/** A status line and headers of an answer that comes in pieces. */
export function chunkedHead(contentType: string, status = 200): Sent {
  return head(status, { 'content-type': contentType, 'transfer-encoding': 'chunked' });
}

export function chunk(body: string | Uint8Array): Sent {
  const bytes = Buffer.from(body);
  return { send: Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]) };
}

export const lastChunk: Sent = { send: Buffer.from('0\r\n\r\n') };

/** A whole answer that says its own length. */
export function whole(status: number, contentType: string, body: string | Uint8Array): Sent[] {
  const bytes = Buffer.from(body);
  return [head(status, { 'content-type': contentType, 'content-length': String(bytes.length) }), { send: bytes }];
}

export function json(status: number, body: unknown): Sent[] {
  return whole(status, 'application/json', JSON.stringify(body));
}
