import {
  type BackendError,
  type ExchangePhase,
  type FinishReason,
  type GenerateRequest,
  NO_USAGE,
  type ServerTimings,
  type StreamPart,
  type Usage,
} from '../backends/backend.ts';
import type { RequestOutcome, SpanName } from '../metering/requestRecord.ts';
import type { Stopwatch } from '../metering/stopwatch.ts';
import type { Built } from './dispatcher.ts';

/**
 * One exchange with a server as the door sees it: laps the phases, keeps what the meter needs, and holds back a failure
 * that came before any text.
 */
export class Exchange {
  readonly #stopwatch: Stopwatch;
  readonly #delivery: GenerateRequest['delivery'] | undefined;
  readonly #estimatedPromptTokens: number | undefined;
  #reported: Usage = NO_USAGE;
  #textParts = 0;
  #ended = false;
  sent = false;
  /** From here on no other candidate may answer. */
  sawText = false;
  finished = false;
  wentRemote = false;
  finishReason: FinishReason | undefined;
  serverTimings: ServerTimings | undefined;
  reportedCostMicroUsd: number | undefined;
  failedBeforeText: BackendError | undefined;

  constructor(stopwatch: Stopwatch, built: Built | undefined) {
    this.#stopwatch = stopwatch;
    this.#delivery = built?.request.delivery;
    this.#estimatedPromptTokens = built?.estimatedPromptTokens;
  }

  get phase(): 'connect' | 'firstToken' | 'generate' {
    if (!this.sent) return 'connect';
    return this.sawText ? 'generate' : 'firstToken';
  }

  /**
   * What the server counted. A stream that was left before its end tells nothing, so its parts stand in for generated
   * tokens (servers send one token in a part, save for those that decode several at once), and its length for the prompt.
   */
  get usage(): Usage {
    const isCountable = this.#delivery === 'streamed' && this.#textParts > 0;
    if (this.#reported.source !== 'none' || !isCountable) return this.#reported;
    const inputTokens = this.#estimatedPromptTokens;
    return { ...NO_USAGE, inputTokens, outputTokens: this.#textParts, source: 'estimated' };
  }

  readonly onPhase = (phase: ExchangePhase): void => {
    if (phase !== 'requestSent' || this.sent || this.#ended) return;
    this.sent = true;
    this.#stopwatch.lap('connectMs');
  };

  async *observe(stream: AsyncIterable<StreamPart>): AsyncGenerator<StreamPart> {
    try {
      for await (const part of stream) {
        if (part.type === 'failed') {
          this.wentRemote ||= part.error.kind === 'wentRemote';
          if (!this.sawText) {
            this.failedBeforeText = part.error;
            return;
          }
        } else {
          this.#see(part);
        }
        yield part;
      }
    } finally {
      this.#close();
    }
  }

  #see(part: Exclude<StreamPart, { type: 'failed' }>): void {
    // Where a backend does not tell when the request was on the wire, an answer proves that it was.
    this.sent = true;
    if (part.type === 'finish') {
      this.#reported = part.usage;
      this.finishReason = part.reason;
      this.serverTimings = part.serverTimings;
      this.reportedCostMicroUsd = part.reportedCostMicroUsd;
      this.wentRemote ||= part.wentRemote ?? false;
      this.#close();
      this.finished = true;
      return;
    }
    if (part.type !== 'toolCall') this.#textParts += 1;
    if (this.sawText) return;
    this.#stopwatch.lap('firstTokenMs');
    this.sawText = true;
  }

  /** Gives the time since the last lap to the phase that the stream was in when it ended or was left. */
  #close(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#stopwatch.lap(SPAN_OF_PHASE[this.phase]);
  }

  /** Gives the time that is left a name: what followed a whole answer was trimming. A request never made has none left. */
  end(outcome: RequestOutcome): void {
    if (outcome.kind === 'refused' || (outcome.kind === 'cancelled' && outcome.at === 'queue')) return;
    const isAnswer = outcome.kind === 'answered' || outcome.kind === 'empty';
    this.#close();
    this.#stopwatch.lap(isAnswer ? 'trimMs' : SPAN_OF_PHASE[this.phase]);
  }
}

const SPAN_OF_PHASE: Record<Exchange['phase'], SpanName> = {
  connect: 'connectMs',
  firstToken: 'firstTokenMs',
  generate: 'generateMs',
};
