import { describe, expect, it } from 'vitest';
import type { AcceptanceRecord } from '../../../src/metering/requestRecord.ts';
import { percentile, SessionTally } from '../../../src/vscode/sessionTally.ts';
import { recentOutcome } from '../../support/editorFixtures.ts';

function shownAfter(durationMs: number, requestId: string) {
  const suggestion = { id: `s ${requestId}`, requestId, text: 'x', replacedSuffixChars: 0 };
  return recentOutcome({ durationMs, outcome: { kind: 'shown', from: 'stream', suggestion } });
}

function acceptance(action: AcceptanceRecord['action'], acceptedChars: number): AcceptanceRecord {
  const ids = { requestId: 'r', suggestionId: 's' };
  return { ...ids, atMs: 0, action, acceptedChars, shownChars: 20, languageId: undefined };
}

describe('the tally of a window', () => {
  it('knows nothing at first', () => {
    expect(new SessionTally().figures()).toMatchObject({ shown: 0, p50Ms: undefined, p95Ms: undefined });
  });

  it('counts a suggestion once, however long the user types along', () => {
    const tally = new SessionTally();
    tally.noteOutcome(shownAfter(90, 'a'));
    tally.noteOutcome(shownAfter(0.2, 'a'));
    tally.noteOutcome(shownAfter(110, 'b'));
    tally.noteOutcome(recentOutcome({ outcome: { kind: 'skipped', why: 'off' } }));
    expect(tally.figures()).toMatchObject({ shown: 2, p50Ms: 90, p95Ms: 110 });
  });

  it('counts characters of words taken, but only whole suggestions as accepted', () => {
    const tally = new SessionTally();
    tally.noteAcceptance(acceptance('accepted', 20));
    tally.noteAcceptance(acceptance('acceptedPartly', 5));
    tally.noteAcceptance(acceptance('typedOver', 0));
    expect(tally.figures()).toMatchObject({ accepted: 1, savedChars: 25 });
  });

  it('is slow when the usual suggestion of late is, not for one bad moment', () => {
    const tally = new SessionTally();
    for (const [index, time] of [90, 90, 90, 90, 90, 90, 9000].entries())
      tally.noteOutcome(shownAfter(time, `a${index}`));
    expect(tally.isSlow).toBe(false);
    for (let index = 0; index < 4; index++) tally.noteOutcome(shownAfter(3000, `b${index}`));
    expect(tally.isSlow).toBe(true);
  });

  it('takes a percentile that was measured', () => {
    expect(percentile([30, 10, 20], 0.5)).toBe(20);
    expect(percentile([30, 10, 20, 40], 0.5)).toBe(20);
    expect(percentile([5], 0.95)).toBe(5);
    expect(percentile([], 0.5)).toBeUndefined();
  });
});
