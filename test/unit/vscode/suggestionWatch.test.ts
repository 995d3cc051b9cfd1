import { beforeEach, describe, expect, it } from 'vitest';
import type { Suggestion } from '../../../src/completion/outcome.ts';
import { SuggestionWatch } from '../../../src/vscode/suggestionWatch.ts';
import { FakeClock } from '../../support/fakeClock.ts';

const uri = 'file:///w/a.py';
const place = { uri, line: 3, character: 8 };
let clock: FakeClock;
let told: string[];
let watch: SuggestionWatch;

beforeEach(() => {
  clock = new FakeClock(10_000);
  told = [];
  watch = new SuggestionWatch(clock, {
    accepted: id => told.push(`${id} accepted`),
    acceptedPartly: (id, chars) => told.push(`${id} partly ${chars}`),
    dismissed: (id, how) => told.push(`${id} ${how}`),
  });
});

function suggestion(text: string, changes: Partial<Suggestion> = {}): Suggestion {
  return { id: 's1', requestId: 'r1', text, replacedSuffixChars: 0, ...changes };
}

function type(text: string, character: number, changes: object = {}) {
  const change = { line: 3, character, replacedChars: 0, replacesLines: false, text, ...changes };
  watch.changed(uri, [change]);
  watch.cursorMoved({ uri, line: 3, character: character + text.length });
}

describe('what became of a suggestion', () => {
  it('is accepted when the editor runs its command', () => {
    watch.shown(suggestion('total + 1'), place);
    type('total + 1', 8);
    watch.accepted('s1');
    watch.cursorMoved({ uri, line: 9, character: 0 });
    expect(told).toEqual(['s1 accepted']);
  });

  it('is accepted word by word', () => {
    watch.shown(suggestion('total + 1'), place);
    type('total', 8);
    type(' +', 13);
    type(' 1', 15);
    watch.changed(uri, [{ line: 3, character: 17, replacedChars: 0, replacesLines: false, text: '\n' }]);
    expect(told).toEqual(['s1 partly 5', 's1 partly 2', 's1 partly 2']);
  });

  it('is accepted in part when its only word was taken and the command does not come', async () => {
    watch.shown(suggestion('total'), place);
    type('total', 8);
    await clock.advance(499);
    expect(told).toEqual([]);
    await clock.advance(1);
    expect(told).toEqual(['s1 partly 5']);
  });

  it('leaves nothing running when it was accepted or the watch is over', async () => {
    watch.shown(suggestion('total'), place);
    type('total', 8);
    watch.accepted('s1');
    expect(clock.pendingTimers).toBe(0);
    watch.shown(suggestion('total'), place);
    type('total', 8);
    watch.dispose();
    expect(clock.pendingTimers).toBe(0);
  });

  it('stays the same while the user types along, under the id that was shown last', async () => {
    watch.shown(suggestion('total'), place);
    type('t', 8);
    watch.shown(suggestion('otal', { id: 's2' }), { ...place, character: 9 });
    type('o', 9);
    watch.shown(suggestion('tal', { id: 's3' }), { ...place, character: 10 });
    type('tal', 10);
    watch.accepted('s3');
    expect(told).toEqual(['s3 accepted']);
  });

  it('follows the cursor into a bracket that the editor closes by itself', () => {
    watch.shown(suggestion('(a, b)'), place);
    watch.changed(uri, [{ line: 3, character: 8, replacedChars: 0, replacesLines: false, text: '()' }]);
    watch.cursorMoved({ uri, line: 3, character: 9 });
    type('a,', 9);
    expect(told).toEqual(['s1 partly 2']);
  });

  it('counts a typed line break with its indentation as typing', () => {
    watch.shown(suggestion('\n    return total'), place);
    watch.changed(uri, [{ line: 3, character: 8, replacedChars: 0, replacesLines: false, text: '\r\n    ' }]);
    watch.cursorMoved({ uri, line: 4, character: 4 });
    watch.changed(uri, [{ line: 4, character: 4, replacedChars: 0, replacesLines: false, text: 'return' }]);
    expect(told).toEqual(['s1 partly 6']);
  });

  it('is typed over when something else is typed', async () => {
    watch.shown(suggestion('total'), place);
    await clock.advance(500);
    type('x', 8);
    expect(told).toEqual(['s1 typedOver']);
  });

  it('is unseen when it was gone before anybody could read it', async () => {
    watch.shown(suggestion('total'), place);
    await clock.advance(100);
    type('x', 8);
    expect(told).toEqual(['s1 unseen']);
  });

  it('is unseen when another takes its place at once', () => {
    watch.shown(suggestion('total'), place);
    watch.shown(suggestion('other', { id: 's2', requestId: 'r2' }), { ...place, character: 9 });
    expect(told).toEqual(['s1 unseen']);
  });

  it('is rejected when the cursor leaves after a look at it', async () => {
    watch.shown(suggestion('total'), place);
    await clock.advance(1500);
    watch.cursorMoved({ uri, line: 5, character: 0 });
    expect(told).toEqual(['s1 rejected']);
  });

  it('says nothing more once a part was taken', async () => {
    watch.shown(suggestion('total + 1'), place);
    type('total', 8);
    await clock.advance(500);
    type('x', 13);
    expect(told).toEqual(['s1 partly 5']);
  });

  it('ends when several places change at once', async () => {
    watch.shown(suggestion('total'), place);
    await clock.advance(500);
    const change = { line: 3, character: 8, replacedChars: 0, replacesLines: false, text: 't' };
    watch.changed(uri, [change, { ...change, line: 7 }]);
    expect(told).toEqual(['s1 typedOver']);
  });

  it('takes no notice of other documents', () => {
    watch.shown(suggestion('total'), place);
    watch.changed('file:///w/b.py', [{ line: 3, character: 8, replacedChars: 0, replacesLines: false, text: 'x' }]);
    expect(told).toEqual([]);
  });

  it('accepts over text that the suggestion replaces, and no more', async () => {
    watch.shown(suggestion('a, b)', { replacedSuffixChars: 1 }), place);
    type('a, b)', 8, { replacedChars: 1 });
    watch.accepted('s1');
    expect(told).toEqual(['s1 accepted']);
  });
});
