import { at, listAt, numberAt, textAt } from '../base/untrustedJson.ts';
import { type FinishReason, NO_USAGE, type StreamPart } from './backend.ts';
import { BackendFailure } from './failure.ts';
import type { Decoder } from './streaming.ts';
import { timingsOfOllama, usageOfOllama } from './usage.ts';

export interface OllamaDecoderNeeds {
  readonly serverVersion: string | undefined;
  /** Whether it was known beforehand that this model runs on another machine. */
  readonly isKnownRemote: boolean;
}

/** Reads the chunks of `/api/generate` and `/api/chat`; an answer that is not streamed is one chunk. */
export class OllamaDecoder implements Decoder<unknown> {
  readonly #needs: OllamaDecoderNeeds;
  #final: unknown;
  #toolCalls = 0;
  #wentRemote = false;

  constructor(needs: OllamaDecoderNeeds) {
    this.#needs = needs;
  }

  get isComplete(): boolean {
    return this.#final !== undefined;
  }

  push(chunk: unknown): StreamPart[] {
    this.#checkWhereItRan(chunk);
    const thought = textAt(chunk, 'thinking') ?? textAt(chunk, 'message', 'thinking');
    const text = textAt(chunk, 'response') ?? textAt(chunk, 'message', 'content');
    const parts: StreamPart[] = thought ? [{ type: 'thinking', text: thought }] : [];
    if (text) {
      const logprobs = listAt(chunk, 'logprobs').flatMap(entry => numberAt(entry, 'logprob') ?? []);
      parts.push({ type: 'text', text, ...(logprobs.length > 0 && { logprobs }) });
    }
    for (const call of listAt(chunk, 'message', 'tool_calls')) parts.push(this.#toolCall(call));
    if (at(chunk, 'done') === true) this.#final = chunk;
    return parts;
  }

  end(): StreamPart[] {
    // The guard against repetition ends a stream without its last chunk, and with status 200.
    if (this.#final === undefined) return [this.finish('cut')];
    if (textAt(this.#final, 'done_reason') === 'length') return [this.finish('length')];
    return [this.finish(this.#toolCalls > 0 ? 'toolCalls' : 'stop')];
  }

  finish(reason: FinishReason): StreamPart {
    const final = this.#final;
    const usage = final === undefined ? NO_USAGE : usageOfOllama(final, this.#needs.serverVersion);
    const serverTimings = timingsOfOllama(final);
    const wentRemote = this.#wentRemote && { wentRemote: true };
    return { type: 'finish', reason, usage, ...(serverTimings && { serverTimings }), ...wentRemote };
  }

  /** Invariant 7: an answer may be the first to say that the local server handed the request on. */
  #checkWhereItRan(chunk: unknown): void {
    const host = textAt(chunk, 'remote_host') || textAt(chunk, 'remote_model');
    if (!host) return;
    if (!this.#needs.isKnownRemote) throw new BackendFailure({ kind: 'wentRemote', host });
    this.#wentRemote = true;
  }

  #toolCall(call: unknown): StreamPart {
    const id = textAt(call, 'id') ?? `call-${this.#toolCalls}`;
    this.#toolCalls++;
    const name = textAt(call, 'function', 'name') ?? '';
    return {
      type: 'toolCall',
      call: { id, name, argumentsJson: JSON.stringify(at(call, 'function', 'arguments') ?? {}) },
    };
  }
}
