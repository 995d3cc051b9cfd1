import { describe, expect, it } from 'vitest';
import { meterTo, RecentRequests } from '../../../src/metering/recentRequests.ts';
import { acceptanceRecord, requestRecord } from '../../support/records.ts';

describe('recent requests', () => {
  it('keeps the last ones only, oldest first', () => {
    const recent = new RecentRequests(2);
    for (const id of ['a', 'b', 'c']) recent.append(requestRecord({ id }));
    expect(recent.all().map(({ record }) => record.id)).toEqual(['b', 'c']);
    expect(recent.find('a')).toBeUndefined();
  });

  it('joins what the user did to its request, and says so', () => {
    const recent = new RecentRequests();
    const seen: string[] = [];
    recent.onDidChange(({ record, acceptances }) => seen.push(`${record.id} ${acceptances.length}`));
    recent.append(requestRecord({ id: 'a' }));
    recent.append(requestRecord({ id: 'b' }));
    recent.appendAcceptance(acceptanceRecord({ requestId: 'a', action: 'acceptedPartly' }));
    recent.appendAcceptance(acceptanceRecord({ requestId: 'a', action: 'accepted' }));
    expect(seen).toEqual(['a 0', 'b 0', 'a 1', 'a 2']);
    expect(recent.find('a')?.acceptances.map(({ action }) => action)).toEqual(['acceptedPartly', 'accepted']);
    expect(recent.all().map(({ record }) => record.id)).toEqual(['a', 'b']);
  });

  it('ignores what the user did to a request that is gone', () => {
    const recent = new RecentRequests(1);
    recent.append(requestRecord({ id: 'a' }));
    recent.append(requestRecord({ id: 'b' }));
    recent.appendAcceptance(acceptanceRecord({ requestId: 'a' }));
    expect(recent.all().map(({ acceptances }) => acceptances.length)).toEqual([0]);
  });

  it('can stand beside other meters', () => {
    const [first, second] = [new RecentRequests(), new RecentRequests()];
    const meter = meterTo(first, second);
    meter.append(requestRecord());
    meter.appendAcceptance(acceptanceRecord());
    expect([first, second].map(recent => recent.find('r1')?.acceptances.length)).toEqual([1, 1]);
  });
});
