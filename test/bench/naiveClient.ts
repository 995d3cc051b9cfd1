import { type Clock, sleep } from '../../src/base/clock.ts';
import type { BenchClient } from './benchClient.ts';
import type { SlotEngine } from './slotEngine.ts';

const DEBOUNCE_MS = 75;
const MAX_PREFIX_CHARS = 24_000;
const MAX_SUFFIX_CHARS = 6000;

/** The base of comparison: waits, asks for one line, remembers nothing. */
export function createNaiveClient(engine: SlotEngine, clock: Clock): BenchClient {
  return {
    name: 'naive',
    async provide(snapshot, signal) {
      if (!(await sleep(clock, DEBOUNCE_MS, signal))) return undefined;
      const prefix = snapshot.prefix.slice(-MAX_PREFIX_CHARS);
      const suffix = snapshot.suffix.slice(0, MAX_SUFFIX_CHARS);
      let text = '';
      const request = await engine.submit({
        prompt: `<|fim_prefix|>${prefix}<|fim_suffix|>${suffix}<|fim_middle|>`,
        maxTokens: 64,
        stop: ['\n'],
        delivery: 'whole',
        signal,
        onText: piece => {
          text += piece;
        },
      });
      return request.end === 'aborted' || signal.aborted || text.trim() === '' ? undefined : text;
    },
    opened() {},
    accepted() {},
    dispose() {},
  };
}
