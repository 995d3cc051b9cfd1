import type { FinishReason, GenerateRequest, StreamPart } from './backend.ts';
import { failureOf } from './failure.ts';
import { StopCutter } from './stopStrings.ts';

/** Turns the events of one wire format into parts. Throws BackendFailure for what it cannot read. */
export interface Decoder<Event> {
  push(event: Event): readonly StreamPart[];
  /** Nothing follows: whatever is left, and one finish at the end. */
  end(): readonly StreamPart[];
  /** The finish, with what is known so far, of an answer that is left before its end. */
  finish(reason: FinishReason): StreamPart;
  /** The closing event came; what the server does with the socket afterwards is of no interest. */
  readonly isComplete: boolean;
}

/** An answer being read: its events, and how to say that no more are wanted. */
export interface Reading<Event> {
  readonly events: AsyncIterable<Event>;
  done(): void;
}

/**
 * The stream of the port (see Backend.generate) from the events of an answer: stop strings are cut, failures become a part,
 * an abort ends it without one.
 */
export async function* partsOf<Event>(
  open: () => Promise<Reading<Event>>,
  decoder: Decoder<Event>,
  { stop }: Pick<GenerateRequest, 'stop'>,
  signal: AbortSignal,
): AsyncGenerator<StreamPart> {
  const text = new CutText(stop);
  try {
    const reading = await open();
    for await (const event of reading.events) {
      for (const part of decoder.push(event)) yield* text.pass(part);
      if (text.isStopped) return yield decoder.finish('stop');
      if (decoder.isComplete) {
        reading.done();
        break;
      }
    }
    const last = decoder.end();
    for (const part of last) yield* text.pass(part);
  } catch (thrown) {
    if (!signal.aborted) yield { type: 'failed', error: failureOf(thrown) };
  }
}

/** Text parts cut at the stop strings; what is held back comes before any part of another kind. */
class CutText {
  readonly #cutter: StopCutter;
  #logprobs: number[] = [];

  constructor(stops: readonly string[]) {
    this.#cutter = new StopCutter(stops);
  }

  get isStopped(): boolean {
    return this.#cutter.isStopped;
  }

  *pass(part: StreamPart): Generator<StreamPart> {
    if (part.type !== 'text') {
      if (part.type !== 'thinking') yield* this.#out(this.#cutter.end());
      yield part;
      return;
    }
    this.#logprobs.push(...(part.logprobs ?? []));
    yield* this.#out(this.#cutter.push(part.text));
  }

  *#out(text: string): Generator<StreamPart> {
    if (text === '') return;
    const logprobs = this.#logprobs;
    this.#logprobs = [];
    yield { type: 'text', text, ...(logprobs.length > 0 && { logprobs }) };
  }
}
