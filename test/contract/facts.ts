import type { EngineFacts } from './subject.ts';

const CONTEXT_TOKENS = 2048;
const MARKERS = { prefix: '<|fim_prefix|>', suffix: '<|fim_suffix|>', middle: '<|fim_middle|>' };

/** Of the tiny model on Ollama 0.24.0. */
export const OLLAMA: EngineFacts = {
  dialect: 'ollama',
  flavor: 'ollama',
  asksForKey: false,
  ignoresModelName: false,
  tellsCachedTokens: false,
  placesSuffix: true,
  tellsLimit: false,
  unloads: true,
  readsMarks: true,
  tools: 'refused',
  model: {
    architecture: 'qwen2',
    quantization: 'Q8_0',
    contextTokens: CONTEXT_TOKENS,
    trainedContextTokens: CONTEXT_TOKENS,
    isRemote: false,
    fimMarkers: MARKERS,
    capabilities: { serverFim: true, chat: true, tools: false, thinking: false, images: false },
  },
};

/** Since 0.33.3 Ollama tells what it had cached of a prompt. */
export function ollamaFacts(version: string): EngineFacts {
  return { ...OLLAMA, tellsCachedTokens: isAtLeast(version, [0, 33, 3]) };
}

/** Since 0.30 another program does its work, and the log tells other things. */
export function hasKnownLog(version: string): boolean {
  return !isAtLeast(version, [0, 30, 0]);
}

function isAtLeast(version: string, least: readonly number[]): boolean {
  const parts = version.split(/[.-]/).map(Number);
  for (const [index, wanted] of least.entries()) {
    const part = parts[index] ?? 0;
    if (part !== wanted) return part > wanted;
  }
  return true;
}

/** Of vLLM 0.32.0 on CPU. */
export const VLLM: EngineFacts = {
  dialect: 'openai',
  flavor: 'vllm',
  asksForKey: true,
  ignoresModelName: false,
  tellsCachedTokens: true,
  placesSuffix: false,
  tellsLimit: true,
  unloads: false,
  readsMarks: true,
  tools: 'refused',
  model: { contextTokens: CONTEXT_TOKENS, isRemote: false },
};

/** Of llama-server at the commit in llama-cpp-python 0.3.36. */
export const LLAMA_SERVER: EngineFacts = {
  dialect: 'llama.cpp',
  flavor: 'llama.cpp',
  asksForKey: true,
  ignoresModelName: true,
  tellsCachedTokens: true,
  placesSuffix: true,
  tellsLimit: true,
  unloads: false,
  readsMarks: true,
  tools: 'taken',
  model: { contextTokens: CONTEXT_TOKENS, trainedContextTokens: CONTEXT_TOKENS, isRemote: false },
};

/** Of the embedded engine, which tells as much of a model as Ollama does. */
export const EMBEDDED: EngineFacts = {
  dialect: 'openai',
  flavor: 'minnow',
  asksForKey: true,
  ignoresModelName: true,
  tellsCachedTokens: true,
  placesSuffix: false,
  tellsLimit: true,
  unloads: false,
  readsMarks: false,
  tools: 'refused',
  model: {
    architecture: 'qwen2',
    quantization: 'Q8_0',
    contextTokens: CONTEXT_TOKENS,
    trainedContextTokens: CONTEXT_TOKENS,
    isRemote: false,
    fimMarkers: MARKERS,
  },
};
