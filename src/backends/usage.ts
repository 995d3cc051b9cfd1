import { amountAt, at, countAt } from '../base/untrustedJson.ts';
import { NO_USAGE, type ServerTimings, type Usage } from './backend.ts';

/** `usage` of the OpenAI format. Absent details mean that the server does not tell, not that nothing was cached. */
export function usageOfOpenAi(usage: unknown): Usage | undefined {
  const inputTokens = countAt(usage, 'prompt_tokens');
  const outputTokens = countAt(usage, 'completion_tokens');
  if (inputTokens === undefined && outputTokens === undefined) return undefined;
  const cached = countAt(usage, 'prompt_tokens_details', 'cached_tokens') ?? countAt(usage, 'prompt_cache_hit_tokens');
  return { inputTokens, cachedInputTokens: within(cached, inputTokens), outputTokens, source: 'reported' };
}

/** `timings` of llama.cpp: prompt_n are the tokens evaluated, cache_n those found in the cache. */
export function usageOfLlamaTimings(timings: unknown): Usage | undefined {
  const evaluated = countAt(timings, 'prompt_n');
  const cached = countAt(timings, 'cache_n');
  const outputTokens = countAt(timings, 'predicted_n');
  if (evaluated === undefined && outputTokens === undefined) return undefined;
  const inputTokens = evaluated === undefined || cached === undefined ? undefined : evaluated + cached;
  return { inputTokens, cachedInputTokens: cached, outputTokens, source: 'reported' };
}

export function timingsOfLlama(timings: unknown): ServerTimings | undefined {
  return timingsFrom({ prefillMs: amountAt(timings, 'prompt_ms'), decodeMs: amountAt(timings, 'predicted_ms') });
}

/**
 * vLLM's per-request metrics. Its time to first token runs from scheduling, so the wait in the queue stands beside it
 * (seen on 0.32.0: 752 ms waited, 20 ms shown).
 */
export function timingsOfVllm(metrics: unknown): ServerTimings | undefined {
  return timingsFrom({
    queueMs: amountAt(metrics, 'queue_time_ms'),
    prefillMs: amountAt(metrics, 'time_to_first_token_ms'),
    decodeMs: amountAt(metrics, 'generation_time_ms'),
  });
}

/**
 * The counts of Ollama's final chunk. Values that are zero are left out by the server. `prompt_eval_count` is the whole
 * prompt in 0.4 to 0.24 and from 0.30.1 on, and only its uncached part before 0.4 and in 0.30.0; how much was cached is
 * told from 0.33.3 on.
 */
export function usageOfOllama(chunk: unknown, serverVersion: string | undefined): Usage {
  const counted = countAt(chunk, 'prompt_eval_count');
  const outputTokens = countAt(chunk, 'eval_count');
  if (counted === undefined && outputTokens === undefined) return NO_USAGE;
  const inputTokens = countsWholePrompt(serverVersion) ? counted : undefined;
  const cached = countAt(chunk, 'prompt_eval_cached_count');
  return { inputTokens, cachedInputTokens: within(cached, inputTokens), outputTokens, source: 'reported' };
}

/** Source builds call themselves 0.0.0: whoever builds today builds a version that counts the whole prompt. */
function countsWholePrompt(version: string | undefined): boolean {
  const [major = 0, minor = 0, patch = 0] = (version ?? '').split(/[.-]/).map(Number);
  if (major > 0 || (minor === 0 && patch === 0)) return true;
  return minor >= 4 && !(minor === 30 && patch === 0);
}

export function timingsOfOllama(chunk: unknown): ServerTimings | undefined {
  return timingsFrom({
    loadMs: millis(amountAt(chunk, 'load_duration')),
    prefillMs: millis(amountAt(chunk, 'prompt_eval_duration')),
    decodeMs: millis(amountAt(chunk, 'eval_duration')),
  });
}

function millis(nanos: number | undefined): number | undefined {
  return nanos === undefined ? undefined : nanos / 1e6;
}

/** A cache cannot hold more of a prompt than there is of it. */
function within(cached: number | undefined, inputTokens: number | undefined): number | undefined {
  return cached !== undefined && inputTokens !== undefined && cached > inputTokens ? undefined : cached;
}

type Known<T> = { readonly [K in keyof T]?: T[K] | undefined };

function timingsFrom(timings: Known<ServerTimings>): ServerTimings | undefined {
  const known = Object.entries(timings).filter(([, ms]) => ms !== undefined);
  return known.length === 0 ? undefined : (Object.fromEntries(known) as ServerTimings);
}

/** What an event of an OpenAI-compatible stream says that the request took. */
export interface Measured {
  readonly usage?: Usage;
  readonly serverTimings?: ServerTimings;
  readonly reportedCostMicroUsd?: number;
}

export function measuredIn(event: unknown): Measured {
  const timings = at(event, 'timings');
  const usage = usageOfOpenAi(at(event, 'usage')) ?? usageOfLlamaTimings(timings);
  const serverTimings = timingsOfLlama(timings) ?? timingsOfVllm(at(event, 'metrics'));
  // OpenRouter charges in dollars and says so: https://openrouter.ai/docs/use-cases/usage-accounting
  const usd = amountAt(event, 'usage', 'cost');
  return {
    ...(usage && { usage }),
    ...(serverTimings && { serverTimings }),
    ...(usd !== undefined && { reportedCostMicroUsd: Math.round(usd * 1e6) }),
  };
}
