import { describe, expect, it } from 'vitest';
import { TooLongError } from '../../../src/base/byteLines.ts';
import { EventSplitter } from '../../../src/base/serverSentEvents.ts';

function eventsOf(pieces: readonly Uint8Array[]): string[] {
  const splitter = new EventSplitter(1000);
  return [...pieces.flatMap(piece => splitter.push(piece)), ...splitter.end()];
}

describe('EventSplitter', () => {
  it.each([
    ['data: {"a":1}\n\ndata: [DONE]\n\n', ['{"a":1}', '[DONE]']],
    ['data: {"a":1}\r\n\r\ndata:[DONE]\r\n\r\n', ['{"a":1}', '[DONE]']],
    [': ping\n\ndata: x\n\n: ping\n\n', ['x']],
    ['event: error\nid: 7\nretry: 10\ndata: x\n\n', ['x']],
    ['data: one\ndata: two\n\n', ['one\ntwo']],
    ['data: x\n\ndata: unfinished', ['x', 'unfinished']],
    ['\ufeffdata: x\n\n', ['x']],
  ])('reads %j', (text, expected) => {
    expect(eventsOf([Buffer.from(text)])).toEqual(expected);
  });

  it('gives the same events wherever the bytes are cut', () => {
    const bytes = Buffer.from(
      ': ping\r\n\r\ndata: {"t":"größe 🐟"}\r\n\r\ndata: a\ndata: b\n\n: ping\ndata: [DONE]\n\n',
    );
    const whole = eventsOf([bytes]);
    expect(whole).toEqual(['{"t":"größe 🐟"}', 'a\nb', '[DONE]']);
    for (let place = 0; place <= bytes.length; place++) {
      expect(eventsOf([bytes.subarray(0, place), bytes.subarray(place)])).toEqual(whole);
    }
    expect(eventsOf([...bytes].map(byte => Uint8Array.of(byte)))).toEqual(whole);
  });

  it('holds no more of an event than its bound', () => {
    const splitter = new EventSplitter(100);
    const push = () => splitter.push(Buffer.from(`data: ${'x'.repeat(60)}`));
    push();
    expect(push).toThrow(TooLongError);
  });
});
