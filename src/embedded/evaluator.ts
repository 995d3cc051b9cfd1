import type { Clock } from '../base/clock.ts';
import type { Lane } from './generation.ts';
import type { EvaluationRow, NativeModel, SampledToken } from './nativeModel.ts';
import { ThreadGovernor } from './threadGovernor.ts';

/** However busy completion is, a chat's prompt is read on after this long: neither may starve the other. */
const CHAT_HELD_MAX_MS = 2_000;

export type Phase = 'prefill' | 'decode';

export interface Step {
  readonly lane: Lane;
  readonly phase: Phase;
  readonly row: EvaluationRow;
}

interface WaitingStep extends Step {
  readonly sinceMs: number;
  resolve(result: StepResult): void;
  reject(reason: unknown): void;
}

export interface StepResult {
  readonly sampled: readonly SampledToken[];
  readonly tookMs: number;
}

/** What the engine has done since it started, and whether it is at it now: aborts are proved by these. */
export interface Work {
  readonly isBusy: boolean;
  readonly evaluatedTokens: number;
  readonly busyMs: number;
  readonly prefillThreads: number;
  readonly decodeThreads: number;
}

/**
 * Decides what goes into the next batch. Completion goes first; a chat's tokens ride along in its decode batches, where they
 * cost little, and a chat's prompt waits while a completion runs.
 */
export class Evaluator {
  readonly #model: NativeModel;
  readonly #clock: Clock;
  readonly #governors: Readonly<Record<Phase, ThreadGovernor>>;
  readonly #waiting = new Map<Lane, WaitingStep>();
  #running = false;
  #completionActive = false;
  #evaluatedTokens = 0;
  #busyMs = 0;

  constructor(model: NativeModel, clock: Clock, maxThreads: number) {
    this.#model = model;
    this.#clock = clock;
    this.#governors = { prefill: new ThreadGovernor(maxThreads), decode: new ThreadGovernor(maxThreads) };
  }

  get work(): Work {
    const { prefill, decode } = this.#governors;
    return {
      isBusy: this.#running,
      evaluatedTokens: this.#evaluatedTokens,
      busyMs: this.#busyMs,
      prefillThreads: prefill.threads,
      decodeThreads: decode.threads,
    };
  }

  get hasFoundThreads(): boolean {
    return this.#governors.prefill.isSettled && this.#governors.decode.isSettled;
  }

  /** From the first step of a completion to its last: between them there is a moment in which nothing of it waits. */
  set completionActive(active: boolean) {
    this.#completionActive = active;
    if (!active) this.#pump();
  }

  run(step: Step): Promise<StepResult> {
    return new Promise((resolve, reject) => {
      this.#waiting.set(step.lane, { ...step, sinceMs: this.#clock.monotonicMs(), resolve, reject });
      this.#pump();
    });
  }

  #pump(): void {
    if (this.#running) return;
    const steps = this.#choose();
    if (steps.length === 0) return;
    for (const step of steps) this.#waiting.delete(step.lane);
    this.#running = true;
    void this.#evaluate(steps).finally(() => {
      this.#running = false;
      this.#pump();
    });
  }

  #choose(): readonly WaitingStep[] {
    const completion = this.#waiting.get('completion');
    const chat = this.#waiting.get('chat');
    if (chat && this.#clock.monotonicMs() - chat.sinceMs > CHAT_HELD_MAX_MS) return [chat];
    if (completion)
      return chat?.phase === 'decode' && completion.phase === 'decode' ? [completion, chat] : [completion];
    return chat && !this.#completionActive ? [chat] : [];
  }

  async #evaluate(steps: readonly WaitingStep[]): Promise<void> {
    const phase = steps[0]?.phase ?? 'decode';
    const governor = this.#governors[phase];
    const startedMs = this.#clock.monotonicMs();
    try {
      const sampled = await this.#model.evaluate(
        steps.map(step => step.row),
        governor.threads,
      );
      const tookMs = this.#clock.monotonicMs() - startedMs;
      this.#busyMs += tookMs;
      this.#evaluatedTokens += steps.reduce((sum, step) => sum + step.row.tokens.length, 0);
      if (isComparable(steps)) governor.measured(tookMs / (steps[0]?.row.tokens.length ?? 1));
      for (const [index, step] of steps.entries()) step.resolve({ sampled: sampled[index] ?? [], tookMs });
    } catch (reason) {
      for (const step of steps) step.reject(reason);
    }
  }
}

/** Times per token compare only between batches of one shape: single tokens when decoding, real pieces of a prompt else. */
function isComparable(steps: readonly Step[]): boolean {
  const [first, ...others] = steps;
  if (!first || others.length > 0) return false;
  return first.phase === 'decode' ? first.row.tokens.length === 1 : first.row.tokens.length >= COMPARABLE_PIECE_TOKENS;
}

const COMPARABLE_PIECE_TOKENS = 16;
