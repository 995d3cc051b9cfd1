import type { BackendCall, Residency } from '../backends/backend.ts';
import type { Clock } from '../base/clock.ts';
import type { Disposable } from '../base/disposable.ts';
import type { Logger } from '../base/logger.ts';
import type { Result } from '../base/result.ts';
import type { Candidate, EngineProblem } from '../routing/endpoint.ts';
import { problemOf } from '../routing/engineProblem.ts';

/** Between two looks at a server that was not there; doubled each time. */
const FIRST_RETRY_MS = 2_000;
const LAST_RETRY_MS = 60_000;
/** A keystroke may ask for a look at most this often. */
const DEMANDED_LOOK_MS = 2_000;

export type RungState =
  | { readonly kind: 'looking' }
  | { readonly kind: 'ready'; readonly candidate: Candidate; readonly residency: Residency | undefined }
  | { readonly kind: 'problem'; readonly problem: EngineProblem };

export interface RungWatchNeeds {
  readonly clock: Clock;
  readonly log: Logger;
  readonly name: string;
  readonly keepAliveMinutes: () => number;
  readonly resolve: (signal: AbortSignal) => Promise<Result<Candidate, EngineProblem>>;
  readonly changed: () => void;
}

/**
 * Keeps one rung's answer to "who could answer now" ready without anybody waiting for it. While something is wrong it
 * looks again by itself, ever more rarely, and at once when somebody types: that is the circuit breaker of this product.
 */
export class RungWatch implements Disposable {
  readonly #needs: RungWatchNeeds;
  #state: RungState = { kind: 'looking' };
  #look: AbortController | undefined;
  #lookAgain = false;
  #standing: Candidate | undefined;
  #retry: Disposable | undefined;
  #retryMs = FIRST_RETRY_MS;
  #lastLookMs = Number.NEGATIVE_INFINITY;
  /** When the server will have put the model out of memory, as far as is known. */
  #residentUntilMs: number | undefined;

  constructor(needs: RungWatchNeeds) {
    this.#needs = needs;
  }

  get state(): RungState {
    const expired = this.#residentUntilMs !== undefined && this.#needs.clock.nowMs() > this.#residentUntilMs;
    if (expired && this.#state.kind === 'ready') {
      // The server may have unloaded it meanwhile: bring it back by a request of its own before any completion is sent.
      this.#residentUntilMs = undefined;
      const { candidate } = this.#state;
      this.#become({ kind: 'problem', problem: loading(candidate) });
      void this.look();
    }
    return this.#state;
  }

  /** Looks afresh. A look under way is dropped, unless it is loading a model: nothing cancels that, the next look follows. */
  async look(): Promise<void> {
    if (this.#look && isLoading(this.#state)) {
      this.#lookAgain = true;
      return;
    }
    this.#look?.abort();
    this.#retry?.dispose();
    const look = new AbortController();
    this.#look = look;
    this.#lastLookMs = this.#needs.clock.monotonicMs();
    try {
      const resolved = await this.#needs.resolve(look.signal);
      if (look.signal.aborted) return;
      if (resolved.ok) await this.#load(resolved.value, look.signal);
      else this.#fail(resolved.error);
    } finally {
      if (this.#look === look) this.#look = undefined;
    }
    if (this.#lookAgain && !this.#look) {
      this.#lookAgain = false;
      await this.look();
    }
  }

  /** Somebody wants an answer now and there is none to give: worth a look, but not one a keystroke. */
  lookOnDemand(): void {
    if (this.#look || this.#needs.clock.monotonicMs() - this.#lastLookMs < DEMANDED_LOOK_MS) return;
    void this.look();
  }

  /** Whether this is the model that stood here last: one picked for a single request says nothing about the rung. */
  concerns(candidate: Candidate): boolean {
    const standing = this.#standing;
    return standing?.endpoint.name === candidate.endpoint.name && standing.model.name === candidate.model.name;
  }

  failed(problem: EngineProblem): void {
    if (problem.kind === 'promptTooLong') return; // says something about the prompt, not about the engine
    this.#fail(problem);
    if (problem.kind === 'modelLoading') void this.look();
  }

  answered(candidate: Candidate): void {
    const minutes = this.#needs.keepAliveMinutes();
    if (this.#residentUntilMs !== undefined && minutes >= 0) {
      this.#residentUntilMs = this.#needs.clock.nowMs() + minutes * 60_000;
    }
    if (this.#state.kind !== 'ready') this.#become({ kind: 'ready', candidate, residency: undefined });
  }

  dispose(): void {
    this.#look?.abort();
    this.#retry?.dispose();
  }

  async #load(candidate: Candidate, signal: AbortSignal): Promise<void> {
    const { backend, contactGrant } = candidate.endpoint;
    const call: BackendCall = { signal, grant: contactGrant };
    const before = await backend.residency(candidate.model.name, call);
    if (signal.aborted) return;
    if (!before.ok) return this.#fail(problemOf(before.error, candidate));
    if (before.value.state === 'resident') return this.#succeed(candidate, before.value);

    this.#become({ kind: 'problem', problem: loading(candidate) });
    const startedMs = this.#needs.clock.monotonicMs();
    const warmed = await backend.warmUp(candidate.model.name, call);
    if (signal.aborted) return;
    if (!warmed.ok) return this.#fail(problemOf(warmed.error, candidate));
    const tookMs = Math.round(this.#needs.clock.monotonicMs() - startedMs);
    this.#needs.log.info(`${this.#needs.name}: loaded ${candidate.model.name} in ${tookMs} ms`);
    const after = await backend.residency(candidate.model.name, call);
    if (!signal.aborted) this.#succeed(candidate, after.ok ? after.value : undefined);
  }

  #succeed(candidate: Candidate, residency: Residency | undefined): void {
    this.#retryMs = FIRST_RETRY_MS;
    const resident = residency?.state === 'resident' ? residency : undefined;
    this.#residentUntilMs = resident?.untilMs;
    // Only the running server knows the window that it allocated.
    const contextTokens = resident?.contextTokens ?? candidate.model.contextTokens;
    const model = { ...candidate.model, contextTokens };
    this.#standing = { ...candidate, model };
    this.#become({ kind: 'ready', candidate: this.#standing, residency });
  }

  #fail(problem: EngineProblem): void {
    this.#become({ kind: 'problem', problem });
    this.#retry?.dispose();
    this.#retry = this.#needs.clock.after(this.#retryMs, () => void this.look());
    this.#retryMs = Math.min(this.#retryMs * 2, LAST_RETRY_MS);
  }

  #become(state: RungState): void {
    const before = JSON.stringify(summary(this.#state));
    this.#state = state;
    if (before === JSON.stringify(summary(state))) return;
    this.#needs.log.info(`${this.#needs.name}: ${describeState(state)}`);
    this.#needs.changed();
  }
}

function loading(candidate: Candidate): EngineProblem {
  return { kind: 'modelLoading', model: candidate.model.name, fraction: undefined };
}

function isLoading(state: RungState): boolean {
  return state.kind === 'problem' && state.problem.kind === 'modelLoading';
}

function summary(state: RungState): unknown {
  if (state.kind !== 'ready') return state;
  const { endpoint, model } = state.candidate;
  return [endpoint.name, endpoint.origin, model.name, model.contextTokens, state.residency?.state];
}

function describeState(state: RungState): string {
  if (state.kind === 'ready') return `ready: ${state.candidate.endpoint.name}/${state.candidate.model.name}`;
  return state.kind === 'problem' ? state.problem.kind : 'looking';
}
