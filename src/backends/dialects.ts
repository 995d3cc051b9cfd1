import type { ChatPrompt, Sampling } from './backend.ts';

/** Which server speaks the OpenAI protocol; they differ in what they take beyond it. */
export type Flavor = 'vllm' | 'llama.cpp' | 'trtllm' | 'lmstudio' | 'ollama' | 'mistral' | 'minnow' | 'generic';

/** What one server takes beyond the common core of the protocol. A field that it does not know may be refused with 400. */
export interface DialectRow {
  /** Further stop strings are cut here. */
  readonly maxStops: number;
  /** Under which names it takes these sampling values, if at all. */
  readonly topK: 'top_k' | undefined;
  readonly minP: 'min_p' | undefined;
  readonly repeatPenalty: 'repetition_penalty' | 'repeat_penalty' | undefined;
  readonly seed: 'seed' | 'random_seed';
  /** What makes it report usage in a stream. Servers that do so unasked are read too. */
  readonly streamOptions: object | undefined;
  readonly thinking: (level: ChatPrompt['thinking']) => object;
  /** The path that takes a prefix and a suffix, where there is one. */
  readonly fimPath: string | undefined;
  /** A stream is asked for also where the answer is only wanted whole. */
  readonly alwaysStreams: boolean;
  /** Sent with every request that generates. */
  readonly always: object;
}

const byTemplate: DialectRow['thinking'] = level =>
  level === 'off'
    ? { chat_template_kwargs: { enable_thinking: false } }
    : { chat_template_kwargs: { enable_thinking: true }, reasoning_effort: level };
const byEffort: DialectRow['thinking'] = level => (level === 'off' ? {} : { reasoning_effort: level });

/** What every server of the kind takes, OpenAI's own included. */
const COMMON: DialectRow = {
  maxStops: 4,
  topK: undefined,
  minP: undefined,
  repeatPenalty: undefined,
  seed: 'seed',
  streamOptions: { include_usage: true },
  thinking: byEffort,
  fimPath: undefined,
  alwaysStreams: false,
  always: {},
};

export const DIALECT_ROWS: Readonly<Record<Flavor, DialectRow>> = {
  // Four stop strings since 0.28 (VLLM_MAX_STOP_STRINGS); sampling from the model's generation_config.json unless sent.
  // Usage in every event, so that it is known also where the client cuts the answer at a stop string of its own.
  vllm: {
    ...COMMON,
    topK: 'top_k',
    minP: 'min_p',
    repeatPenalty: 'repetition_penalty',
    streamOptions: { include_usage: true, continuous_usage_stats: true },
    thinking: byTemplate,
  },
  'llama.cpp': {
    ...COMMON,
    maxStops: 64,
    topK: 'top_k',
    minP: 'min_p',
    repeatPenalty: 'repeat_penalty',
    thinking: byTemplate,
    // An abort of a whole answer is noticed only after a second, of a stream after 5 ms (seen on commit 0c1e570).
    alwaysStreams: true,
    always: { cache_prompt: true },
  },
  trtllm: { ...COMMON, topK: 'top_k', minP: 'min_p', repeatPenalty: 'repetition_penalty', thinking: byTemplate },
  lmstudio: { ...COMMON, topK: 'top_k', minP: 'min_p', repeatPenalty: 'repeat_penalty' },
  // Only where the user insists on the OpenAI protocol: natively Ollama can do more (see models/detect).
  ollama: { ...COMMON, thinking: level => ({ reasoning_effort: level === 'off' ? 'none' : level }) },
  mistral: { ...COMMON, seed: 'random_seed', streamOptions: undefined, fimPath: '/fim/completions' },
  // The built-in engine.
  minnow: { ...COMMON, maxStops: 64, topK: 'top_k', minP: 'min_p', repeatPenalty: 'repeat_penalty' },
  generic: COMMON,
};

/** The sampling values under the names that a server takes. All that it takes are sent: defaults differ (real engines, 5). */
export function samplingFields(sampling: Sampling, row: DialectRow): Record<string, number> {
  return {
    temperature: sampling.temperature,
    top_p: sampling.topP,
    ...(row.topK && { [row.topK]: sampling.topK }),
    ...(row.minP && { [row.minP]: sampling.minP }),
    ...(row.repeatPenalty && { [row.repeatPenalty]: sampling.repeatPenalty }),
    ...(sampling.seed !== undefined && { [row.seed]: sampling.seed }),
  };
}
