import type { Clock } from '../base/clock.ts';
import { Evaluator, type Phase, type Work } from './evaluator.ts';
import type { GeneratedToken, GenerationError, GenerationPart, GenerationRequest, Lane } from './generation.ts';
import { LaneQueue } from './laneQueue.ts';
import type { NativeModel, NativeSampler, SampledToken } from './nativeModel.ts';
import { PieceSize } from './pieceSize.ts';
import { StopText } from './stopText.ts';
import { TokenTextDecoder } from './textDecoder.ts';

/** A sequence and what it holds, so that the next prompt is read only from where it differs. */
interface Session {
  readonly lane: Lane;
  readonly sequence: number;
  readonly queue: LaneQueue;
  tokens: number[];
}

/** Answers prompts with one loaded model. Completion and chat each have a sequence of their own and never evict each other. */
export class EmbeddedEngine {
  readonly model: NativeModel;
  readonly #clock: Clock;
  readonly #evaluator: Evaluator;
  readonly #pieces: PieceSize;
  readonly #sessions: Readonly<Record<Lane, Session>> = {
    completion: { lane: 'completion', sequence: 0, queue: new LaneQueue(), tokens: [] },
    chat: { lane: 'chat', sequence: 1, queue: new LaneQueue(), tokens: [] },
  };

  constructor(model: NativeModel, clock: Clock, maxThreads: number) {
    this.model = model;
    this.#clock = clock;
    this.#evaluator = new Evaluator(model, clock, maxThreads);
    this.#pieces = new PieceSize(model.facts.maxBatchTokens);
  }

  get work(): Work {
    return this.#evaluator.work;
  }

  get hasFoundThreads(): boolean {
    return this.#evaluator.hasFoundThreads;
  }

  /** Ends with exactly one `finish` or `failed`; with neither when `signal` aborts. */
  async *generate(request: GenerationRequest, signal: AbortSignal): AsyncGenerator<GenerationPart> {
    const error = checkFits(request, this.model.facts.contextTokens);
    if (error) {
      yield { type: 'failed', error };
      return;
    }
    const session = this.#sessions[request.lane];
    const enteredMs = this.#clock.monotonicMs();
    const turn = await session.queue.enter(signal);
    if (turn === 'aborted') return;
    if (turn === 'full') {
      yield { type: 'failed', error: { kind: 'tooManyWaiting' } };
      return;
    }
    if (request.lane === 'completion') this.#evaluator.completionActive = true;
    const sampler = this.model.createSampler(request.sampling);
    try {
      const queueMs = this.#clock.monotonicMs() - enteredMs;
      yield* this.#answer({ request, session, sampler, signal, queueMs });
    } catch (reason) {
      // What the sequence holds after a failed batch is unknown.
      this.#truncate(session, 0);
      yield { type: 'failed', error: { kind: 'engineFailed', detail: String(reason) } };
    } finally {
      sampler.dispose();
      turn.dispose();
      if (request.lane === 'completion') this.#evaluator.completionActive = session.queue.isBusy;
    }
  }

  async *#answer(run: Run): AsyncGenerator<GenerationPart> {
    const { request, session, signal } = run;
    const cachedTokens = this.#reuse(session, request.promptTokens);
    const startedMs = this.#clock.monotonicMs();
    let next = await this.#prefill(run);
    const decodeStartedMs = this.#clock.monotonicMs();
    const answer = new Answer(request, this.model);
    while (next && !signal.aborted) {
      const part = answer.push(next);
      if (part) yield part;
      if (answer.ended) {
        const decodeMs = this.#clock.monotonicMs() - decodeStartedMs;
        const figures = { cachedTokens, queueMs: run.queueMs, prefillMs: decodeStartedMs - startedMs, decodeMs };
        yield answer.finish(figures);
        return;
      }
      next = await this.#evaluate(run, [next.token], 'decode');
    }
  }

  /** Keeps what the sequence and the prompt have in common. The last token is always read again: its logits are needed. */
  #reuse(session: Session, prompt: readonly number[]): number {
    let common = 0;
    while (common < prompt.length - 1 && session.tokens[common] === prompt[common]) common++;
    return this.#truncate(session, common);
  }

  #truncate(session: Session, length: number): number {
    const kept = this.model.truncate(session.sequence, length) ? length : 0;
    if (kept !== length) this.model.truncate(session.sequence, 0);
    session.tokens = session.tokens.slice(0, kept);
    return kept;
  }

  /** In pieces, because nothing inside one can be interrupted. Undefined when aborted. */
  async #prefill(run: Run): Promise<SampledToken | undefined> {
    const prompt = run.request.promptTokens;
    while (!run.signal.aborted) {
      const read = run.session.tokens.length;
      const piece = prompt.slice(read, read + this.#pieces.next());
      const sampled = await this.#evaluate(run, piece, 'prefill');
      if (run.session.tokens.length === prompt.length) return sampled;
    }
    return undefined;
  }

  async #evaluate(run: Run, tokens: readonly number[], phase: Phase): Promise<SampledToken | undefined> {
    const { session, request, sampler } = run;
    const position = session.tokens.length;
    const isLast = position + tokens.length >= request.promptTokens.length;
    const sampleAfter = isLast ? [tokens.length - 1] : [];
    const row = {
      sequence: session.sequence,
      position,
      tokens,
      sampleAfter,
      sampler,
      withLogprobs: request.withLogprobs,
    };
    const result = await this.#evaluator.run({ lane: session.lane, phase, row });
    session.tokens.push(...tokens);
    if (phase === 'prefill') this.#pieces.measured(tokens.length, result.tookMs);
    return result.sampled[0];
  }
}

interface Run {
  readonly request: GenerationRequest;
  readonly session: Session;
  readonly sampler: NativeSampler;
  readonly signal: AbortSignal;
  readonly queueMs: number;
}

/** The answer as it grows: text out of tokens, and the moment at which it ends. */
class Answer {
  readonly #request: GenerationRequest;
  readonly #model: NativeModel;
  readonly #decoder: TokenTextDecoder;
  readonly #stops: StopText;
  readonly #stopTokens: ReadonlySet<number>;
  #unsent: GeneratedToken[] = [];
  #generated = 0;
  #reason: 'stop' | 'length' | undefined;

  constructor(request: GenerationRequest, model: NativeModel) {
    this.#request = request;
    this.#model = model;
    this.#decoder = new TokenTextDecoder(model, request.promptTokens);
    this.#stops = new StopText(request.stop);
    this.#stopTokens = new Set(request.stop.flatMap(stop => controlTokenOf(stop, model)));
    if (request.maxTokens === 0) this.#reason = 'length';
  }

  get ended(): boolean {
    return this.#reason !== undefined;
  }

  push({ token, logprob }: SampledToken): GenerationPart | undefined {
    if (this.#reason !== undefined) return undefined;
    // The token that ends the answer took as long as any other and counts, as it does with other servers.
    this.#generated++;
    if (this.#model.isEndOfGeneration(token) || this.#stopTokens.has(token)) return this.#end('stop');
    const piece = this.#decoder.push(token);
    this.#unsent.push({ text: piece, logprob });
    const { text, stopped } = this.#stops.push(piece);
    if (stopped) this.#reason = 'stop';
    else if (this.#generated >= this.#request.maxTokens) return this.#end('length', text);
    return this.#part(text);
  }

  finish(times: { cachedTokens: number; queueMs: number; prefillMs: number; decodeMs: number }): GenerationPart {
    const promptTokens = this.#request.promptTokens.length;
    const figures = { ...times, promptTokens, generatedTokens: this.#generated };
    return { type: 'finish', reason: this.#reason ?? 'stop', figures };
  }

  #end(reason: 'stop' | 'length', text = ''): GenerationPart | undefined {
    this.#reason = reason;
    return this.#part(text + this.#stops.flush());
  }

  #part(text: string): GenerationPart | undefined {
    if (text === '') return undefined;
    const tokens = this.#unsent;
    this.#unsent = [];
    return { type: 'text', text, tokens };
  }
}

/** A stop string that is one of the model's control tokens never shows as text: it must be recognised as a token. */
function controlTokenOf(stop: string, model: NativeModel): readonly number[] {
  const tokens = model.tokenize(stop, 'markers');
  return tokens.length === 1 && model.detokenize(tokens, []) === '' ? tokens : [];
}

function checkFits(request: GenerationRequest, contextTokens: number): GenerationError | undefined {
  const { promptTokens, maxTokens } = request;
  if (promptTokens.length === 0) return { kind: 'emptyPrompt' };
  if (promptTokens.length + maxTokens <= contextTokens) return undefined;
  return { kind: 'tooLong', promptTokens: promptTokens.length, maxTokens, contextTokens };
}
