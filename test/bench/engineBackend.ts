import type {
  Backend,
  BackendCall,
  FinishReason,
  GenerateRequest,
  ModelFacts,
  StreamPart,
} from '../../src/backends/backend.ts';
import type { Clock } from '../../src/base/clock.ts';
import { success } from '../../src/base/result.ts';
import type { EngineRequest, SlotEngine } from './slotEngine.ts';
import { wait } from './virtualClock.ts';

export const EMULATED_MODEL = 'qwen2.5-coder:1.5b-base';
const CONTEXT_TOKENS = 8192;
/** Loopback, HTTP and the event loop, each way. */
const TRANSIT_MS = 1;

/**
 * The emulated engine behind the port that all servers have, without sockets, so that it runs in virtual time.
 * As 'openai' it reports cached tokens, as vLLM does; as 'ollama' it reports none, and times instead.
 */
export function createEngineBackend(engine: SlotEngine, clock: Clock, dialect: 'openai' | 'ollama'): Backend {
  return {
    dialect,
    generate: (request, call) => generate({ engine, clock, dialect }, request, call),
    async listModels() {
      return success([facts()]);
    },
    async describeModel() {
      return success(facts());
    },
    async residency() {
      return success({ state: 'resident', contextTokens: CONTEXT_TOKENS } as const);
    },
    async warmUp() {
      return success(undefined);
    },
    async unload() {
      return success(undefined);
    },
  };
}

interface Served {
  readonly engine: SlotEngine;
  readonly clock: Clock;
  readonly dialect: 'openai' | 'ollama';
}

async function* generate(
  { engine, clock, dialect }: Served,
  request: GenerateRequest,
  { signal, onPhase }: BackendCall,
): AsyncGenerator<StreamPart> {
  if (request.prompt.kind !== 'raw') throw new Error('the emulated engine takes raw prompts only');
  const pieces: { text: string; logprobs: readonly number[] }[] = [];
  let wake = () => {};
  const left = new AbortController();
  const leave = () => left.abort();
  signal.addEventListener('abort', leave, { once: true });
  onPhase?.('requestSent');
  await wait(clock, TRANSIT_MS);
  const ended = engine.submit({
    prompt: request.prompt.text,
    maxTokens: request.maxTokens,
    stop: request.stop,
    delivery: request.delivery,
    signal: left.signal,
    onText(text, logprobs) {
      pieces.push({ text, logprobs: request.withLogprobs ? logprobs : [] });
      wake();
    },
  });
  let end: EngineRequest | undefined;
  void ended.then(finished => {
    end = finished;
    wake();
  });
  try {
    for (let first = true; ; ) {
      while (request.delivery === 'streamed' && pieces.length > 0 && !signal.aborted) {
        if (first) onPhase?.('headers');
        if (first) onPhase?.('firstByte');
        first = false;
        yield textPart(pieces.splice(0, 1));
      }
      if (signal.aborted) return;
      if (end && pieces.length > 0 && request.delivery === 'whole') yield textPart(pieces.splice(0));
      if (end) break;
      await new Promise<void>(resolve => {
        wake = resolve;
      });
    }
    await wait(clock, TRANSIT_MS);
    if (!signal.aborted) yield finishOf(end, dialect);
  } finally {
    // Stopping to read closes the socket, and that is an abort to the server.
    signal.removeEventListener('abort', leave);
    left.abort();
  }
}

function textPart(pieces: readonly { text: string; logprobs: readonly number[] }[]): StreamPart {
  const text = pieces.map(piece => piece.text).join('');
  const logprobs = pieces.flatMap(piece => piece.logprobs);
  return logprobs.length > 0 ? { type: 'text', text, logprobs } : { type: 'text', text };
}

function finishOf(request: EngineRequest, dialect: Served['dialect']): StreamPart {
  const reason: FinishReason = request.end === 'length' ? 'length' : 'stop';
  const { startedAtMs = request.arrivedAtMs, tokenTimesMs, endedAtMs = startedAtMs } = request;
  const firstAtMs = tokenTimesMs[0] ?? endedAtMs;
  return {
    type: 'finish',
    reason,
    usage: {
      inputTokens: request.promptTokens,
      cachedInputTokens: dialect === 'openai' ? request.cachedTokens : undefined,
      outputTokens: tokenTimesMs.length,
      source: 'reported',
    },
    ...(dialect === 'ollama' && {
      serverTimings: { prefillMs: firstAtMs - startedAtMs, decodeMs: endedAtMs - firstAtMs },
    }),
  };
}

function facts(): ModelFacts {
  return {
    name: EMULATED_MODEL,
    sizeBytes: 986_000_000,
    quantization: 'Q4_K_M',
    parameterSize: '1.5B',
    isRemote: false,
    architecture: 'qwen2',
    aliases: ['Qwen2.5-Coder-1.5B'],
    contextTokens: CONTEXT_TOKENS,
    trainedContextTokens: 32_768,
    capabilities: { serverFim: true, chat: false, tools: false, thinking: false, images: false },
    fimMarkers: { prefix: '<|fim_prefix|>', suffix: '<|fim_suffix|>', middle: '<|fim_middle|>' },
    chatTemplate: undefined,
  };
}

/** What a bench needs of the model beside its backend. */
export const emulatedFacts: ModelFacts = facts();
