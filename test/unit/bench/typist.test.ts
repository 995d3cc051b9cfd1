import { describe, expect, it } from 'vitest';
import type { BenchClient } from '../../bench/benchClient.ts';
import { createOracle } from '../../bench/oracle.ts';
import { replay } from '../../bench/replay.ts';
import { createSlotEngine } from '../../bench/slotEngine.ts';
import { loadTraces, type Trace } from '../../bench/traces.ts';
import { VirtualClock } from '../../bench/virtualClock.ts';

const trace = loadTraces('practice')[0] as Trace;

function replayWith(provide: BenchClient['provide'], maxKeys = 120) {
  const clock = new VirtualClock();
  const engine = createSlotEngine(clock, createOracle([trace.document]));
  const client: BenchClient = { name: 'scripted', provide, opened() {}, accepted() {}, dispose() {} };
  return clock.run(replay(trace, { client, engine, clock }, { maxKeys }));
}

describe('typist', () => {
  it('types the region key by key when nothing is suggested, the same each time', async () => {
    const log = await replayWith(async () => undefined);
    const again = await replayWith(async () => undefined);
    expect(again.events).toEqual(log.events);
    const typed = log.events.map(event => (event.kind === 'key' ? event.text : '')).join('');
    expect(trace.document.text.startsWith(typed, trace.document.regionStart)).toBe(true);
    expect(log.events.filter(event => event.kind === 'key')).toHaveLength(120);
  });

  it('takes right text in a pause, and takes the wrong end of it away again', async () => {
    const { text } = trace.document;
    const log = await replayWith(async snapshot => {
      const rest = text.slice(snapshot.prefix.length);
      return `${rest.slice(0, rest.indexOf('\n', 1))}\n@@ wrong`;
    });
    const accepts = log.events.filter(event => event.kind === 'accept');
    const erased = log.events.filter(event => event.kind === 'erase');
    expect(accepts.length).toBeGreaterThan(5);
    expect(erased).toHaveLength(accepts.length);
    for (const event of log.events) {
      if (event.kind === 'key') expect(text.slice(event.offset - event.text.length, event.offset)).toBe(event.text);
    }
  });

  it('never takes wrong text, and is asked anew after each key that is not too fast', async () => {
    let asked = 0;
    const log = await replayWith(async () => {
      asked++;
      return '@@ wrong';
    });
    expect(log.events.filter(event => event.kind === 'accept')).toEqual([]);
    expect(asked).toBeGreaterThan(100);
    expect(asked).toBeLessThanOrEqual(120);
  });
});
