import type { Backend, StreamPart } from '../../src/backends/backend.ts';
import type { Clock } from '../../src/base/clock.ts';
import { placeOf, type TargetDocument } from './oracle.ts';
import type { EngineRequest } from './slotEngine.ts';
import { countTokens } from './tokenizer.ts';

/** A real server's backend that notes what it is asked, as the emulated engine does of itself. */
export interface RecordingBackend extends Backend {
  readonly requests: EngineRequest[];
}

/**
 * What the wire does not tell is counted here: of an aborted request the pieces that came, of cached tokens nothing where
 * the server does not say. Waiting in the server's queue counts as its work.
 */
export function recording(backend: Backend, clock: Clock, documents: readonly TargetDocument[]): RecordingBackend {
  const requests: EngineRequest[] = [];
  return {
    ...backend,
    requests,
    async *generate(asked, call): AsyncGenerator<StreamPart> {
      // An answer that is held to the typed part of a word leaves it out, and so begins behind it.
      const prompt = asked.prompt.kind === 'raw' ? asked.prompt.text + (asked.prompt.typedStart ?? '') : '';
      const nowMs = clock.monotonicMs();
      const request: EngineRequest = {
        number: requests.length,
        arrivedAtMs: nowMs,
        promptTokens: countTokens(prompt),
        delivery: asked.delivery,
        startedAtMs: nowMs,
        endedAtMs: undefined,
        tokenTimesMs: [],
        cachedTokens: 0,
        evaluatedTokens: 0,
        generatedText: '',
        place: placeOf(documents, prompt),
        right: false,
        end: undefined,
      };
      requests.push(request);
      try {
        for await (const part of backend.generate(asked, call)) {
          note(request, part, clock.monotonicMs());
          yield part;
        }
      } finally {
        request.end ??= 'aborted';
        request.endedAtMs = clock.monotonicMs();
      }
    },
  };
}

function note(request: EngineRequest, part: StreamPart, nowMs: number): void {
  if (part.type === 'text') {
    request.generatedText += part.text;
    request.tokenTimesMs.push(nowMs);
  }
  if (part.type !== 'finish') return;
  request.end = part.reason === 'length' ? 'length' : 'stop';
  const { inputTokens = request.promptTokens, cachedInputTokens = 0, outputTokens = 0 } = part.usage;
  request.cachedTokens = cachedInputTokens;
  request.evaluatedTokens = inputTokens - cachedInputTokens;
  while (request.tokenTimesMs.length < outputTokens) request.tokenTimesMs.push(nowMs);
}
