import { at, listAt, numberAt, parseJson, textAt } from '../base/untrustedJson.ts';
import { type FinishReason, NO_USAGE, type StreamPart, type ToolCall } from './backend.ts';
import { errorInside } from './errors.ts';
import { BackendFailure } from './failure.ts';
import type { Decoder } from './streaming.ts';
import { type Measured, measuredIn } from './usage.ts';

/** A model that calls more tools than this in one turn is looping. */
const MAX_TOOL_CALLS = 64;

/**
 * Reads the events of `/completions` and `/chat/completions`, streamed or whole. Takes what real servers send: usage in any
 * event or none, no choices, null contents, an error inside a 200, thoughts under either of two names.
 */
export class OpenAiDecoder implements Decoder<string> {
  readonly #model: string;
  readonly #nowMs: number;
  readonly #toolCalls = new Map<number, { id: string; name: string; argumentsJson: string }>();
  #reason: FinishReason | undefined;
  #measured: Measured = {};
  #isComplete = false;

  constructor(model: string, nowMs: number) {
    this.#model = model;
    this.#nowMs = nowMs;
  }

  get isComplete(): boolean {
    return this.#isComplete;
  }

  push(data: string): StreamPart[] {
    if (data.trim() === '[DONE]') {
      this.#isComplete = true;
      this.#reason ??= 'stop';
      return [];
    }
    const event = parseJson(data);
    if (typeof event !== 'object' || event === null) {
      throw new BackendFailure({ kind: 'protocol', detail: 'an event of the answer is not valid JSON' });
    }
    const error = errorInside(event, this.#model, this.#nowMs);
    if (error) throw new BackendFailure(error);
    this.#measured = { ...this.#measured, ...measuredIn(event) };
    return this.#readChoice(at(event, 'choices', 0));
  }

  end(): StreamPart[] {
    const calls = [...this.#toolCalls.values()].filter(({ name }) => name !== '');
    // Without a reason the answer broke off; half a call's arguments are then not to be acted upon.
    const parts: StreamPart[] = this.#reason ? calls.map((call): StreamPart => ({ type: 'toolCall', call })) : [];
    const reason = this.#reason === 'stop' && calls.length > 0 ? 'toolCalls' : (this.#reason ?? 'cut');
    parts.push(this.finish(reason));
    return parts;
  }

  finish(reason: FinishReason): StreamPart {
    return { type: 'finish', reason, usage: NO_USAGE, ...this.#measured };
  }

  #readChoice(choice: unknown): StreamPart[] {
    const message = at(choice, 'delta') ?? at(choice, 'message');
    const parts: StreamPart[] = [];
    const thought = textAt(message, 'reasoning') ?? textAt(message, 'reasoning_content');
    if (thought) parts.push({ type: 'thinking', text: thought });
    const text = textAt(choice, 'text') ?? textAt(message, 'content');
    if (text) {
      const logprobs = logprobsOf(at(choice, 'logprobs'));
      parts.push({ type: 'text', text, ...(logprobs.length > 0 && { logprobs }) });
    }
    for (const [position, call] of listAt(message, 'tool_calls').entries()) this.#readToolCall(call, position);
    this.#reason = reasonOf(textAt(choice, 'finish_reason')) ?? this.#reason;
    return parts;
  }

  /** Streamed calls come in pieces that belong together by their index; some servers leave the index out. */
  #readToolCall(piece: unknown, position: number): void {
    const index = numberAt(piece, 'index') ?? position;
    if (!this.#toolCalls.has(index) && this.#toolCalls.size >= MAX_TOOL_CALLS) return;
    const known: ToolCall = this.#toolCalls.get(index) ?? { id: '', name: '', argumentsJson: '' };
    const given = at(piece, 'function', 'arguments');
    this.#toolCalls.set(index, {
      id: known.id || (textAt(piece, 'id') ?? `call-${index}`),
      name: known.name + (textAt(piece, 'function', 'name') ?? ''),
      argumentsJson: known.argumentsJson + (typeof given === 'object' && given ? JSON.stringify(given) : (given ?? '')),
    });
  }
}

function reasonOf(reason: string | undefined): FinishReason | undefined {
  switch (reason) {
    case undefined:
      return undefined;
    case 'length':
      return 'length';
    case 'tool_calls':
    case 'function_call':
      return 'toolCalls';
    case 'abort':
    case 'error':
    case 'cancelled':
      return 'cut';
    default:
      return 'stop';
  }
}

/** Of the generated tokens: a list of numbers in `/completions`, of objects in `/chat/completions`. */
function logprobsOf(logprobs: unknown): number[] {
  const plain = listAt(logprobs, 'token_logprobs');
  const detailed = listAt(logprobs, 'content').map(entry => at(entry, 'logprob'));
  return [...plain, ...detailed].filter(value => typeof value === 'number' && Number.isFinite(value)) as number[];
}
