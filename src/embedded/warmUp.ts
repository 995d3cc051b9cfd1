import type { Clock } from '../base/clock.ts';
import type { EmbeddedEngine } from './embeddedEngine.ts';

/** What finding the number of threads may take before the engine counts as ready; it goes on finding while it works. */
const WARM_UP_MS = 600;
const PROMPT_TOKENS = 64;
const ANSWER_TOKENS = 16;
const ROUNDS_MAX = 12;

/** Runs the engine a little, so that the first real answer finds the weights in memory and the threads chosen. */
export async function warmUp(engine: EmbeddedEngine, clock: Clock): Promise<void> {
  const startedMs = clock.monotonicMs();
  const [filler = 0] = engine.model.tokenize('a', 'asText');
  for (let round = 0; round < ROUNDS_MAX && !engine.hasFoundThreads; round++) {
    if (clock.monotonicMs() - startedMs > WARM_UP_MS) break;
    // A first token that differs each time keeps the prompt from being found in the sequence.
    const promptTokens = [round + 1, ...Array<number>(PROMPT_TOKENS).fill(filler)];
    const request = {
      lane: 'completion',
      promptTokens,
      maxTokens: ANSWER_TOKENS,
      stop: [],
      sampling: { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: undefined },
      withLogprobs: false,
    } as const;
    const parts = engine.generate(request, new AbortController().signal);
    for await (const part of parts) if (part.type === 'failed') return;
  }
}
