import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LineSplitter, TooLongError } from '../../../src/base/byteLines.ts';

const MAX = 1000;

function linesOf(pieces: readonly Uint8Array[]): string[] {
  const splitter = new LineSplitter(MAX);
  return [...pieces.flatMap(piece => splitter.push(piece)), ...splitter.end()];
}

function cutAt(bytes: Uint8Array, places: readonly number[]): Uint8Array[] {
  const cuts = [0, ...[...places].map(place => place % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return cuts.slice(1).map((end, index) => bytes.subarray(cuts[index], end));
}

describe('LineSplitter', () => {
  it.each([
    ['{"a":1}\n{"b":2}\n', ['{"a":1}', '{"b":2}']],
    ['one\r\ntwo\r\n', ['one', 'two']],
    ['one\n\ntwo', ['one', '', 'two']],
    ['a\rb\n', ['a\rb']],
    ['', []],
  ])('splits %j', (text, expected) => {
    expect(linesOf([Buffer.from(text)])).toEqual(expected);
  });

  it('gives the same lines wherever the bytes are cut', () => {
    const bytes = Buffer.from('{"text":"größe 🐟 \u2581<｜fim▁hole｜>"}\r\n\n{"done":true}\nrest');
    const whole = linesOf([bytes]);
    for (let place = 0; place <= bytes.length; place++) expect(linesOf(cutAt(bytes, [place]))).toEqual(whole);
    expect(linesOf([...bytes].map(byte => Uint8Array.of(byte)))).toEqual(whole);
  });

  it('gives back any lines, cut anywhere', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 20 }).map(text => text.replace(/[\r\n]/g, ' '));
    fc.assert(
      fc.property(fc.array(line), fc.array(fc.nat(), { maxLength: 8 }), (lines, places) => {
        const bytes = Buffer.from(lines.map(text => `${text}\n`).join(''));
        const readable = lines.map(text => Buffer.from(text).toString());
        expect(linesOf(cutAt(bytes, places))).toEqual(stripBom(readable));
      }),
    );
  });

  it('shows bytes that are not UTF-8 as U+FFFD', () => {
    expect(linesOf([Uint8Array.of(0x61, 0xff, 0x62, 0x0a)])).toEqual(['a\ufffdb']);
    expect(linesOf([Uint8Array.of(0xf0, 0x9f)])).toEqual(['\ufffd']);
  });

  it('holds no more of a line than its bound', () => {
    const splitter = new LineSplitter(10);
    expect(splitter.push(Buffer.from('0123456789\n'))).toEqual(['0123456789']);
    splitter.push(Buffer.from('01234'));
    expect(() => splitter.push(Buffer.from('567890'))).toThrow(TooLongError);
  });
});

/** A mark of byte order at the very beginning is not text. */
function stripBom(lines: string[]): string[] {
  return lines.map((line, index) => (index === 0 ? line.replace(/^\ufeff/, '') : line));
}
