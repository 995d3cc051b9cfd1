// What a real engine was asked and said during one test, as a file. Replayed, it stands in for the engine where there is none.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Dialect } from '../../src/backends/backend.ts';

export interface Recording {
  /** The title of the test, and so what the recording shows. */
  readonly shows: string;
  readonly exchanges: readonly RecordedExchange[];
}

export interface RecordedExchange {
  readonly request: RecordedRequest;
  /** Undefined where the request was given up before the headers came. */
  readonly response: RecordedResponse | undefined;
}

export interface RecordedRequest {
  readonly method: string;
  readonly path: string;
  /** Parsed JSON, with long texts abbreviated; undefined where there was none. */
  readonly body: unknown;
}

export interface RecordedResponse {
  readonly status: number;
  readonly contentType: string;
  /** As they came, one for each read of the socket. */
  readonly chunks: readonly string[];
  /** Whether the server ended it, or the client gave it up. */
  readonly isComplete: boolean;
}

const ROOT = join(import.meta.dirname, '../fixtures/recordings');
const LONGEST_TEXT_CHARS = 400;

export function recordingFile(dialect: Dialect, title: string): string {
  const slug = title.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  return join(ROOT, dialect, `${slug}.json`);
}

export function loadRecording(file: string): Recording | undefined {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

export function saveRecording(file: string, recording: Recording): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(recording, undefined, 1)}\n`);
}

/** What is compared and kept of a request: everything, but long prompts by their digest. */
export function recordedRequest(method: string, path: string, body: string): RecordedRequest {
  return { method, path, body: body === '' ? undefined : abbreviated(JSON.parse(body)) };
}

function abbreviated(value: unknown): unknown {
  if (typeof value === 'string' && value.length > LONGEST_TEXT_CHARS) {
    const digest = createHash('sha256').update(value).digest('hex').slice(0, 16);
    return `${value.length} characters, sha256 ${digest}`;
  }
  if (Array.isArray(value)) return value.map(abbreviated);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, abbreviated(inner)]));
}
