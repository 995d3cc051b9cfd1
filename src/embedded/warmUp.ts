import type { Clock } from '../base/clock.ts';
import type { EmbeddedEngine } from './embeddedEngine.ts';
import type { GenerationPart } from './generation.ts';

/** What finding the number of threads may take before the engine counts as ready; it goes on finding while it works. */
const WARM_UP_MS = 500;
/** Enough for a piece whose time counts (evaluator.ts), few enough for a model that reads 50 tokens a second. */
const PROMPT_TOKENS = 24;
const ANSWER_TOKENS = 6;
const ROUNDS_MAX = 24;

/**
 * Runs the engine a little, so that the first real answer finds the weights in memory and the threads chosen. Returns what is wrong
 * with the model: weights that are not numbers load without a word, and answer with rubbish.
 */
export async function warmUp(engine: EmbeddedEngine, clock: Clock): Promise<string | undefined> {
  const abort = new AbortController();
  const limit = clock.after(WARM_UP_MS, () => abort.abort());
  const [filler = 0] = engine.model.tokenize('a', 'asText');
  for (let round = 0; round < ROUNDS_MAX && !engine.hasFoundThreads && !abort.signal.aborted; round++) {
    // A first token that differs each time keeps the prompt from being found in the sequence.
    const promptTokens = [round + 1, ...Array<number>(PROMPT_TOKENS - 1).fill(filler)];
    const request = {
      lane: 'completion',
      promptTokens,
      maxTokens: ANSWER_TOKENS,
      stop: [],
      sampling: { temperature: 0, topP: 1, topK: 0, minP: 0, repeatPenalty: 1, seed: undefined },
      withLogprobs: true,
      drafting: 'never',
      lookupTokens: [],
      healedStart: '',
    } as const;
    for await (const part of engine.generate(request, abort.signal)) {
      const wrong = whatIsWrong(part);
      if (wrong !== undefined) return wrong;
    }
  }
  limit.dispose();
  return undefined;
}

function whatIsWrong(part: GenerationPart): string | undefined {
  if (part.type === 'failed') return part.error.kind === 'engineFailed' ? part.error.detail : part.error.kind;
  const isRubbish = part.type === 'text' && part.tokens.some(({ logprob }) => Number.isNaN(logprob));
  return isRubbish ? 'its weights are not numbers' : undefined;
}
