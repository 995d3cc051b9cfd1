import { at, listAt, numberAt, parseJson, textAt } from '../base/untrustedJson.ts';
import { type FinishReason, NO_USAGE, type StreamPart } from './backend.ts';
import { errorInside } from './errors.ts';
import { BackendFailure } from './failure.ts';
import type { Decoder } from './streaming.ts';
import { timingsOfLlama, usageOfLlamaTimings } from './usage.ts';

/** Reads llama.cpp's own format, which `/infill` answers in. `tokens_cached` there is not the cache hit; `timings` tell it. */
export class LlamaDecoder implements Decoder<string> {
  readonly #model: string;
  readonly #nowMs: number;
  #final: unknown;

  constructor(model: string, nowMs: number) {
    this.#model = model;
    this.#nowMs = nowMs;
  }

  get isComplete(): boolean {
    return this.#final !== undefined;
  }

  push(data: string): StreamPart[] {
    const event = parseJson(data);
    if (typeof event !== 'object' || event === null) {
      throw new BackendFailure({ kind: 'protocol', detail: 'an event of the answer is not valid JSON' });
    }
    const error = errorInside(event, this.#model, this.#nowMs);
    if (error) throw new BackendFailure(error);
    if (at(event, 'stop') === true) this.#final = event;
    const text = textAt(event, 'content');
    const logprobs = listAt(event, 'completion_probabilities').flatMap(entry => numberAt(entry, 'logprob') ?? []);
    return text ? [{ type: 'text', text, ...(logprobs.length > 0 && { logprobs }) }] : [];
  }

  end(): StreamPart[] {
    if (this.#final === undefined) return [this.finish('cut')];
    return [this.finish(textAt(this.#final, 'stop_type') === 'limit' ? 'length' : 'stop')];
  }

  finish(reason: FinishReason): StreamPart {
    const timings = at(this.#final, 'timings');
    const serverTimings = timingsOfLlama(timings);
    const usage = usageOfLlamaTimings(timings) ?? NO_USAGE;
    return { type: 'finish', reason, usage, ...(serverTimings && { serverTimings }) };
  }
}
