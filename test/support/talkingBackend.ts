import type {
  BackendCall,
  BackendError,
  Dialect,
  FinishReason,
  GenerateRequest,
  StreamPart,
} from '../../src/backends/backend.ts';
import { type Clock, sleep } from '../../src/base/clock.ts';
import { ScriptedBackend } from './scriptedBackend.ts';

export interface Speech {
  readonly text: string;
  readonly reason?: FinishReason;
  /** Sent in place of the closing part. */
  readonly failsWith?: BackendError;
}

export interface HeardRequest {
  readonly request: GenerateRequest;
  readonly prompt: string;
  readonly sentAtMs: number;
  closedAtMs: number | undefined;
  /** How much of the answer was given before the caller left. */
  saidChars: number;
}

/** A model that answers what a test tells it to, in pieces of four characters, at a speed, on a clock. */
export class TalkingBackend extends ScriptedBackend {
  readonly #clock: Clock;
  readonly #answer: (prompt: string) => Speech | string;
  readonly heard: HeardRequest[] = [];
  firstTokenMs = 100;
  pieceMs = 20;

  constructor(clock: Clock, answer: (prompt: string) => Speech | string, dialect: Dialect = 'openai') {
    super(dialect);
    this.#clock = clock;
    this.#answer = answer;
  }

  get running(): number {
    return this.heard.filter(one => one.closedAtMs === undefined).length;
  }

  override async *generate(request?: GenerateRequest, call?: BackendCall): AsyncGenerator<StreamPart> {
    if (!request || !call) throw new Error('the door passes both');
    const prompt = request.prompt.kind === 'raw' ? request.prompt.text : JSON.stringify(request.prompt);
    const heard: HeardRequest = {
      request,
      prompt,
      sentAtMs: this.#clock.monotonicMs(),
      closedAtMs: undefined,
      saidChars: 0,
    };
    this.heard.push(heard);
    call.onPhase?.('requestSent');
    try {
      yield* this.#speak(heard, request, call.signal);
    } finally {
      heard.closedAtMs = this.#clock.monotonicMs();
    }
  }

  async *#speak(heard: HeardRequest, request: GenerateRequest, signal: AbortSignal): AsyncGenerator<StreamPart> {
    const given = this.#answer(heard.prompt);
    const speech: Speech = typeof given === 'string' ? { text: given } : given;
    const stop = request.stop.map(mark => speech.text.indexOf(mark)).filter(index => index >= 0);
    const text = speech.text.slice(0, Math.min(speech.text.length, ...stop));
    if (!(await sleep(this.#clock, this.firstTokenMs, signal))) return;
    const size = request.delivery === 'whole' ? Math.max(1, text.length) : 4;
    for (let from = 0; from < text.length; from += size) {
      if (from > 0 && !(await sleep(this.#clock, this.pieceMs, signal))) return;
      heard.saidChars = Math.min(text.length, from + size);
      yield { type: 'text', text: text.slice(from, from + size) };
    }
    if (speech.failsWith) {
      yield { type: 'failed', error: speech.failsWith };
      return;
    }
    const usage = {
      inputTokens: undefined,
      cachedInputTokens: undefined,
      outputTokens: undefined,
      source: 'none',
    } as const;
    yield { type: 'finish', reason: speech.reason ?? 'stop', usage };
  }
}
