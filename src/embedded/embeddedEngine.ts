import type { Clock } from '../base/clock.ts';
import { Answer } from './answer.ts';
import { Evaluator, type Phase, type Work } from './evaluator.ts';
import type { GenerationError, GenerationPart, GenerationRequest, Lane } from './generation.ts';
import type { NativeModel, NativeSampler, SampledToken } from './nativeModel.ts';
import { PieceSize } from './pieceSize.ts';
import { PromptLookup } from './promptLookup.ts';
import { Session } from './session.ts';
import { HealedStart, indexVocabulary, type VocabularyIndex } from './tokenHealing.ts';

/** Answers prompts with one loaded model. Completion and chat each have a sequence of their own and never evict each other. */
export class EmbeddedEngine {
  readonly model: NativeModel;
  readonly #clock: Clock;
  readonly #evaluator: Evaluator;
  readonly #pieces: PieceSize;
  readonly #sessions: Readonly<Record<Lane, Session>>;
  #vocabulary: Promise<VocabularyIndex> | undefined;

  constructor(model: NativeModel, clock: Clock, maxThreads: number) {
    this.model = model;
    this.#clock = clock;
    this.#evaluator = new Evaluator(model, clock, maxThreads);
    this.#pieces = new PieceSize(model.facts.maxBatchTokens);
    const spare = Array.from({ length: model.facts.sequences - 2 }, (_, index) => index + 2);
    this.#sessions = {
      completion: new Session(model, 'completion', [0, ...spare]),
      chat: new Session(model, 'chat', [1]),
    };
  }

  get work(): Work {
    return this.#evaluator.work;
  }

  get hasFoundThreads(): boolean {
    return this.#evaluator.hasFoundThreads;
  }

  /** What healing needs; takes a real vocabulary half a second once, in slices between which requests are answered. */
  vocabulary(): Promise<VocabularyIndex> {
    this.#vocabulary ??= indexVocabulary(this.model, this.#clock);
    return this.#vocabulary;
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
      const { healedStart } = request;
      const healed = healedStart === '' ? undefined : new HealedStart(await this.vocabulary(), healedStart);
      yield* this.#answer({ request, session, sampler, signal, queueMs, healed });
    } catch (reason) {
      // What the sequence holds after a failed batch is unknown.
      session.truncate(0);
      yield { type: 'failed', error: { kind: 'engineFailed', detail: String(reason) } };
    } finally {
      sampler.dispose();
      turn.dispose();
      if (request.lane === 'completion') this.#evaluator.completionActive = session.queue.isBusy;
    }
  }

  async *#answer(run: Run): AsyncGenerator<GenerationPart> {
    const { request, session, signal, queueMs } = run;
    const startedMs = this.#clock.monotonicMs();
    const cachedTokens = await session.open(request.promptTokens);
    let sampled = await this.#prefill(run);
    const decodeStartedMs = this.#clock.monotonicMs();
    const answer = new Answer(request, this.model);
    const drafts = new Drafts(run, answer, this.model);
    while (sampled.length > 0 && !signal.aborted) {
      for (const token of sampled) {
        const part = answer.push(token);
        if (part) yield part;
        if (answer.ended) {
          const prefillMs = decodeStartedMs - startedMs;
          const decodeMs = this.#clock.monotonicMs() - decodeStartedMs;
          yield answer.finish({ cachedTokens, queueMs, prefillMs, decodeMs, ...drafts.figures });
          return;
        }
      }
      sampled = await this.#decode(run, sampled, drafts);
    }
  }

  /** In pieces, because nothing inside one can be interrupted. Nothing when aborted. */
  async #prefill(run: Run): Promise<readonly SampledToken[]> {
    const prompt = run.request.promptTokens;
    while (!run.signal.aborted) {
      const read = run.session.tokens.length;
      const piece = prompt.slice(read, read + this.#pieces.next());
      const isLast = read + piece.length === prompt.length;
      const { sampled, tookMs } = await this.#evaluate(run, 'prefill', piece, isLast ? [piece.length - 1] : []);
      this.#pieces.measured(piece.length, tookMs);
      if (isLast) return sampled;
    }
    return [];
  }

  /** The token that was sampled last and a guess at what follows, in one batch; returns what really follows. */
  async #decode(run: Run, newest: readonly SampledToken[], drafts: Drafts): Promise<readonly SampledToken[]> {
    const { session } = run;
    const draft = drafts.propose(newest);
    const last = newest.at(-1)?.token ?? 0;
    const tokens = [last, ...draft];
    const { sampled, tookMs } = await this.#evaluate(run, 'decode', tokens, [...tokens.keys()]);
    const accepted = sampled.length - 1;
    if (accepted < draft.length) session.truncate(session.tokens.length - draft.length + accepted);
    drafts.measured({ drafted: draft.length, accepted, ms: tookMs });
    return sampled;
  }

  async #evaluate(run: Run, phase: Phase, tokens: readonly number[], sampleAfter: readonly number[]) {
    const { session, sampler, healed } = run;
    const { sequence } = session;
    const position = session.tokens.length;
    const { withLogprobs } = run.request;
    const row = { sequence, position, tokens, sampleAfter, sampler, withLogprobs, allowed: healed?.allowed };
    const result = await this.#evaluator.run({ lane: session.lane, phase, row });
    session.append(tokens);
    for (const { token } of result.sampled) healed?.take(token);
    return result;
  }
}

interface Run {
  readonly request: GenerationRequest;
  readonly session: Session;
  readonly sampler: NativeSampler;
  readonly signal: AbortSignal;
  readonly queueMs: number;
  readonly healed: HealedStart | undefined;
}

/** Guesses at what follows, as long as they are worth it. */
class Drafts {
  readonly #run: Run;
  readonly #answer: Answer;
  readonly #contextTokens: number;
  readonly #lookup: PromptLookup | undefined;
  #drafted = 0;
  #accepted = 0;
  #depth = 0;

  constructor(run: Run, answer: Answer, model: NativeModel) {
    this.#run = run;
    this.#answer = answer;
    this.#contextTokens = model.facts.contextTokens;
    const isWanted = run.request.drafting === 'whenWorthIt' && model.facts.canTruncate;
    const { lookupTokens, promptTokens } = run.request;
    this.#lookup = isWanted ? new PromptLookup([...lookupTokens, ...promptTokens]) : undefined;
  }

  get figures() {
    return { draftedTokens: this.#drafted, acceptedTokens: this.#accepted };
  }

  propose(newest: readonly SampledToken[]): readonly number[] {
    if (!this.#lookup) return [];
    for (const { token } of newest) this.#lookup.push(token);
    const { session, healed } = this.#run;
    if (healed?.allowed) return [];
    // One place for the token itself, and no guess beyond what the answer may still have.
    const room = Math.min(this.#answer.room, this.#contextTokens - session.tokens.length) - 1;
    const match = this.#lookup.find();
    this.#depth = match?.depth ?? 0;
    return match ? this.#lookup.draft(match, Math.min(session.drafting.length(match.depth), room)) : [];
  }

  measured(step: { drafted: number; accepted: number; ms: number }): void {
    this.#drafted += step.drafted;
    this.#accepted += step.accepted;
    this.#run.session.drafting.measured({ ...step, depth: this.#depth });
  }
}

function checkFits(request: GenerationRequest, contextTokens: number): GenerationError | undefined {
  const { promptTokens, maxTokens } = request;
  if (promptTokens.length === 0) return { kind: 'emptyPrompt' };
  if (promptTokens.length + maxTokens <= contextTokens) return undefined;
  return { kind: 'tooLong', promptTokens: promptTokens.length, maxTokens, contextTokens };
}
