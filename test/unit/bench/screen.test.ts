import { describe, expect, it } from 'vitest';
import type { TargetDocument } from '../../bench/oracle.ts';
import { readAsTarget, toEvents } from '../../bench/screen.ts';

const text = 'func f() {\n\tif ok {\n\t\treturn\n\t}\n}';
const document: TargetDocument = { name: 'd', text, regionStart: 0, regionEnd: text.length };

describe('screen', () => {
  it('reads drawn blanks as the tabs that the target has, as far as the two agree', () => {
    expect(readAsTarget(document, 10, '\n    if ok {\n        return')).toBe('\n\tif ok {\n\t\treturn');
    expect(readAsTarget(document, 10, '\n    if bad {')).toBe('\n\tif bad {');
    expect(readAsTarget(document, 0, 'other')).toBe('other');
    expect(readAsTarget(document, 0, 'func f() {')).toBe('func f() {');
  });

  it('places each painting at the cursor of its time, behind what was accepted', () => {
    const events = toEvents(
      document,
      [
        { kind: 'key', atMs: 100, offset: 1, text: 'f' },
        { kind: 'accept', atMs: 300, offset: 1, text: 'unc f() {' },
      ],
      [
        { atMs: 200, text: 'unc f() {' },
        { atMs: 320, text: undefined },
        { atMs: 500, text: '\n    if ok {' },
      ],
    );
    expect(events.map(event => [event.kind, event.atMs, event.offset])).toEqual([
      ['key', 100, 1],
      ['ghost', 200, 1],
      ['accept', 300, 1],
      ['ghost', 320, 10],
      ['ghost', 500, 10],
    ]);
    expect(events.at(-1)).toMatchObject({ text: '\n\tif ok {' });
  });

  it('knows a painting between Enter and its indentation', () => {
    const events = toEvents(
      document,
      [{ kind: 'key', atMs: 100, offset: 12, text: '\n\t' }],
      [
        { atMs: 120, text: '    if ok {' },
        { atMs: 140, text: 'if ok {' },
      ],
    );
    expect(events.slice(1)).toMatchObject([
      { offset: 11, text: '\tif ok {' },
      { offset: 12, text: 'if ok {' },
    ]);
  });
});
