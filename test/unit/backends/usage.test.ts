import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_USAGE } from '../../../src/backends/backend.ts';
import {
  timingsOfOllama,
  timingsOfVllm,
  usageOfLlamaTimings,
  usageOfOllama,
  usageOfOpenAi,
} from '../../../src/backends/usage.ts';

describe('usage of the OpenAI format', () => {
  it.each([
    [{ prompt_tokens: 12, completion_tokens: 3 }, [12, undefined, 3]],
    [{ prompt_tokens: 12, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 0 } }, [12, 0, 3]],
    [{ prompt_tokens: 12, completion_tokens: 3, prompt_tokens_details: null }, [12, undefined, 3]],
    [{ prompt_tokens: 12, completion_tokens: 0, prompt_cache_hit_tokens: 4 }, [12, 4, 0]],
    [{ prompt_tokens: 12, completion_tokens: 3, prompt_tokens_details: { cached_tokens: 99 } }, [12, undefined, 3]],
    [{ prompt_tokens: -1, completion_tokens: 3 }, [undefined, undefined, 3]],
    [{ prompt_tokens: 12, completion_tokens: 1.5 }, [12, undefined, undefined]],
    [{ prompt_tokens: 1e300, completion_tokens: 3 }, [undefined, undefined, 3]],
  ])('%j', (usage, [inputTokens, cachedInputTokens, outputTokens]) => {
    expect(usageOfOpenAi(usage)).toEqual({ inputTokens, cachedInputTokens, outputTokens, source: 'reported' });
  });

  it.each([undefined, null, {}, 'x', [], { prompt_tokens: '12' }])('is none in %j', usage => {
    expect(usageOfOpenAi(usage)).toBeUndefined();
  });
});

describe('usage of llama.cpp', () => {
  it('adds what was cached to what was evaluated', () => {
    expect(usageOfLlamaTimings({ cache_n: 21, prompt_n: 1, predicted_n: 18 })).toEqual({
      inputTokens: 22,
      cachedInputTokens: 21,
      outputTokens: 18,
      source: 'reported',
    });
  });

  it('does not know the prompt where older versions leave the cache out', () => {
    expect(usageOfLlamaTimings({ prompt_n: 1, predicted_n: 18 })).toMatchObject({ inputTokens: undefined });
  });
});

describe('usage of Ollama', () => {
  const CHUNK = { prompt_eval_count: 100, eval_count: 5 };
  it.each([
    ['0.24.0', 100],
    ['0.4.0', 100],
    ['0.30.1', 100],
    ['0.0.0', 100],
    [undefined, 100],
    ['1.0.0', 100],
    ['0.3.14', undefined],
    ['0.30.0', undefined],
    ['0.30.0-rc1', undefined],
  ])('version %s', (version, inputTokens) => {
    expect(usageOfOllama(CHUNK, version)).toEqual({
      inputTokens,
      cachedInputTokens: undefined,
      outputTokens: 5,
      source: 'reported',
    });
  });

  it('knows the cached part where the server tells it', () => {
    expect(usageOfOllama({ ...CHUNK, prompt_eval_cached_count: 90 }, '0.33.3').cachedInputTokens).toBe(90);
  });

  it('is none where there are no counts', () => {
    expect(usageOfOllama({ done: true }, '0.24.0')).toEqual(NO_USAGE);
  });

  it('has times in milliseconds, and none where the server left them out', () => {
    expect(timingsOfOllama({ load_duration: 2_500_000, prompt_eval_duration: 1e6 })).toEqual({
      loadMs: 2.5,
      prefillMs: 1,
    });
    expect(timingsOfOllama({})).toBeUndefined();
  });
});

it('keeps the queue apart from the first token of vLLM', () => {
  const metrics = { queue_time_ms: 752, time_to_first_token_ms: 20, generation_time_ms: 30, tokens_per_second: 9 };
  expect(timingsOfVllm(metrics)).toEqual({ queueMs: 752, prefillMs: 20, decodeMs: 30 });
  expect(timingsOfVllm(null)).toBeUndefined();
});

it('never makes a number of what is none', () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (input, output) => {
      const usage = usageOfOpenAi({ prompt_tokens: input, completion_tokens: output });
      for (const count of [usage?.inputTokens, usage?.outputTokens]) {
        if (count !== undefined) expect(Number.isInteger(count) && count >= 0).toBe(true);
      }
      expect(usage?.inputTokens ?? input).toBe(input);
    }),
  );
});
