// The meter beside real engines: its counts are theirs, and its spans leave no time out.
import { describe, expect, inject, it } from 'vitest';
import { createHttp } from '../../src/backends/http.ts';
import { systemClock as clock } from '../../src/base/clock.ts';
import type { RequestRecord } from '../../src/metering/requestRecord.ts';
import { backendFor } from '../support/backendFor.ts';
import { candidate, doorHarness, draft, joinText, REQUEST } from '../support/doorHarness.ts';
import type { EngineName, RealEngine } from '../support/realEngines.ts';
import { SORT_BY_AGE } from '../support/tinyPrompts.ts';
import { LLAMA_SERVER, OLLAMA, VLLM } from './facts.ts';
import type { EngineFacts } from './subject.ts';
import { type EngineWitness, llamaServerWitness, vllmWitness } from './witness.ts';

const ENGINES: Readonly<Record<EngineName, readonly [EngineFacts, (engine: RealEngine) => EngineWitness | undefined]>> =
  {
    // Ollama keeps no account of tokens but the answers themselves; those must agree with what the other two count.
    ollama: [OLLAMA, () => undefined],
    vllm: [VLLM, vllmWitness],
    'llama-server': [LLAMA_SERVER, llamaServerWitness],
  };

const REQUESTS = 7;
/** The busy machine may take the thread away at any moment, so the middle one of the differences is held to this. */
const UNNAMED_TIME_MS = 2;

interface Metered {
  readonly record: RequestRecord;
  readonly wallMs: number;
}

function metered({ url, model, key }: RealEngine, { dialect, flavor }: EngineFacts) {
  const http = createHttp({ clock });
  const backend = backendFor({ url, dialect, flavor, http, key });
  const { door, records } = doorHarness(clock, [candidate('engine', backend, { url, model })]);
  const prompt = { kind: 'raw' as const, text: SORT_BY_AGE.prompt };
  const limits = { firstByteMs: 60_000, betweenEventsMs: 20_000 };
  const build = () => ({ ok: true as const, request: { ...REQUEST, model, prompt, maxTokens: 64, limits } });
  return {
    async complete(): Promise<Metered> {
      const startMs = clock.monotonicMs();
      const result = await door.run(draft(clock, { build }), new AbortController().signal, joinText);
      const wallMs = clock.monotonicMs() - startMs;
      expect(result).toMatchObject({ kind: 'answered', value: SORT_BY_AGE.text });
      const record = records.at(-1);
      if (!record) throw new Error('the door left no record');
      return { record, wallMs };
    },
    dispose: () => http.dispose(),
  };
}

describe('the meter beside', () => {
  for (const [name, [facts, witnessOf]] of Object.entries(ENGINES) as [EngineName, (typeof ENGINES)[EngineName]][]) {
    it(`a real ${name} counts what it counts, and leaves no time out`, async ({ skip }) => {
      const presence = inject('engines')[name];
      if (presence.state === 'missing') skip(presence.reason);
      if (presence.state !== 'present') throw new Error(presence.reason);
      const witness = witnessOf(presence.engine);
      const engine = metered(presence.engine, facts);
      try {
        await engine.complete();
        const done: Metered[] = [];
        const work = async () => {
          for (let count = 0; count < REQUESTS; count++) done.push(await engine.complete());
        };
        const generated = await (witness
          ? witness.tokensGenerated(work, async () => (await engine.complete()).record.usage.outputTokens ?? Number.NaN)
          : work().then(() => REQUESTS * SORT_BY_AGE.outputTokens));
        const usages = done.map(({ record }) => record.usage);
        expect(usages.reduce((sum, { outputTokens }) => sum + (outputTokens ?? Number.NaN), 0)).toBe(generated);
        for (const usage of usages) {
          expect(usage).toMatchObject({ inputTokens: SORT_BY_AGE.promptTokens, source: 'reported' });
          expect(usage.cachedInputTokens !== undefined).toBe(facts.tellsCachedTokens);
        }
        const unnamedMs = done.map(({ record, wallMs }) => wallMs - record.spans.totalMs).sort((a, b) => a - b);
        expect(unnamedMs[0]).toBeGreaterThanOrEqual(0);
        expect(unnamedMs[Math.floor(REQUESTS / 2)]).toBeLessThan(UNNAMED_TIME_MS);
      } finally {
        engine.dispose();
      }
    });
  }
});
