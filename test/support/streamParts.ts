import { expect } from 'vitest';
import type { StreamPart } from '../../src/backends/backend.ts';

/** The finish or failed with which a stream that nobody aborted ends. */
export type StreamEnd = Extract<StreamPart, { type: 'finish' | 'failed' }>;

export function textOf(parts: readonly StreamPart[]): string {
  return parts.map(part => (part.type === 'text' ? part.text : '')).join('');
}

export function endsOf(parts: readonly StreamPart[]): StreamEnd[] {
  return parts.filter(part => part.type === 'finish' || part.type === 'failed');
}

/** There must be exactly one, and nothing behind it. */
export function onlyEnd(parts: readonly StreamPart[]): StreamEnd {
  const [end, ...more] = endsOf(parts);
  expect(more, 'one end').toEqual([]);
  expect(parts.at(-1), 'nothing behind the end').toBe(end);
  if (!end) throw new Error('the stream ended without a finish or failed');
  return end;
}
