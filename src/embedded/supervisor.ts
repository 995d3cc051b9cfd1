import { randomBytes } from 'node:crypto';
import { assertNever } from '../base/assert.ts';
import type { Clock } from '../base/clock.ts';
import { type Disposable, DisposableSlot } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import type { Logger } from '../base/logger.ts';
import type { ChildMessage } from './channel.ts';
import { type EngineProcess, forkEngine, type LaunchEngine } from './engineProcess.ts';
import { checkGguf, type GgufProblem } from './ggufCheck.ts';
import type { NativeModelFacts } from './nativeModel.ts';
import { whyNativePartIsAbsent } from './nativePart.ts';

/** A model of several gigabytes on a slow disk takes its time; one that takes longer than this does not come. */
const READY_LIMIT_MS = 180_000;
/** From the closed channel to the kill. */
const STOP_LIMIT_MS = 1_000;
const TOKEN_BYTES = 32;

/** `url` has no path at its end; every request needs `token` as its bearer token. */
export type EmbeddedState =
  | { readonly kind: 'stopped' }
  | { readonly kind: 'absent'; readonly detail: string }
  | { readonly kind: 'starting'; readonly modelPath: string }
  | {
      readonly kind: 'ready';
      readonly url: string;
      readonly token: string;
      readonly pid: number;
      readonly model: NativeModelFacts;
    }
  | { readonly kind: 'fileMissing'; readonly path: string }
  | { readonly kind: 'fileDamaged'; readonly path: string; readonly detail: string }
  | { readonly kind: 'crashed'; readonly detail: string };

export interface EmbeddedSupervisor extends Disposable {
  readonly state: EmbeddedState;
  readonly onDidChangeState: Event<EmbeddedState>;
  /**
   * Starts the engine unless it runs, and resolves when it is ready or it is clear that it will not be. After a crash or
   * with a damaged file it does nothing: only a person (`restart`) or another choice (`configure`) makes a second attempt,
   * so that a file which crashes the engine cannot make it start for ever. An abort stops waiting, and the start with it when
   * nobody else waits.
   */
  start(signal: AbortSignal): Promise<EmbeddedState>;
  restart(): Promise<EmbeddedState>;
  /** Another model or size. What runs is stopped; the next `start` uses the new choice. The same choice changes nothing. */
  configure(choice: EmbeddedChoice): void;
  stop(): void;
}

/** What settings.embedded says. */
export interface EmbeddedChoice {
  /** Empty: the model that comes with the extension. */
  readonly modelPath: string;
  readonly contextTokens: number;
  /** 0: chosen from the cores. */
  readonly threads: number;
}

export interface EmbeddedNeeds {
  readonly clock: Clock;
  readonly logger: Logger;
  /** The bundled child: dist/embedded/server.mjs. */
  readonly serverFile: string;
  readonly defaultModelPath: string;
  readonly choice: EmbeddedChoice;
  readonly launch?: LaunchEngine;
  readonly whyAbsent?: (serverFile: string) => string | undefined;
}

export function createEmbeddedSupervisor(needs: EmbeddedNeeds): EmbeddedSupervisor {
  return new Supervisor(needs);
}

class Supervisor implements EmbeddedSupervisor {
  readonly #needs: EmbeddedNeeds;
  readonly #changed = new Emitter<EmbeddedState>();
  readonly #attempt = new DisposableSlot<Attempt>();
  #choice: EmbeddedChoice;
  #state: EmbeddedState = { kind: 'stopped' };

  constructor(needs: EmbeddedNeeds) {
    this.#needs = needs;
    this.#choice = needs.choice;
  }

  get state(): EmbeddedState {
    return this.#state;
  }

  get onDidChangeState(): Event<EmbeddedState> {
    return this.#changed.event;
  }

  async start(signal: AbortSignal): Promise<EmbeddedState> {
    if (this.#state.kind === 'stopped' || this.#state.kind === 'absent') this.#begin();
    const attempt = this.#attempt.value;
    if (attempt && this.#state.kind === 'starting') await this.#await(attempt, signal);
    return this.#state;
  }

  restart(): Promise<EmbeddedState> {
    this.stop();
    return this.start(new AbortController().signal);
  }

  configure(choice: EmbeddedChoice): void {
    const before = this.#choice;
    this.#choice = choice;
    const isSame =
      before.modelPath === choice.modelPath &&
      before.contextTokens === choice.contextTokens &&
      before.threads === choice.threads;
    if (!isSame) this.stop();
  }

  stop(): void {
    this.#attempt.value = undefined;
    this.#become({ kind: 'stopped' });
  }

  dispose(): void {
    this.#attempt.dispose();
    this.#changed.dispose();
  }

  #begin(): void {
    const absent = (this.#needs.whyAbsent ?? whyNativePartIsAbsent)(this.#needs.serverFile);
    if (absent !== undefined) {
      this.#become({ kind: 'absent', detail: absent });
      return;
    }
    const modelPath = this.#choice.modelPath || this.#needs.defaultModelPath;
    this.#become({ kind: 'starting', modelPath });
    const attempt: Attempt = new Attempt(this.#needs, { ...this.#choice, modelPath }, state => {
      // One that was replaced has nothing more to say.
      if (this.#attempt.value === attempt) this.#become(state);
    });
    this.#attempt.value = attempt;
    void attempt.run();
  }

  async #await(attempt: Attempt, signal: AbortSignal): Promise<void> {
    attempt.waiting++;
    const aborted = new Promise<void>(resolve => {
      if (signal.aborted) resolve();
      else signal.addEventListener('abort', () => resolve(), { once: true });
    });
    await Promise.race([attempt.settled, aborted]);
    attempt.waiting--;
    if (signal.aborted && attempt.waiting === 0 && this.#attempt.value === attempt && this.#state.kind === 'starting') {
      this.stop();
    }
  }

  #become(state: EmbeddedState): void {
    if (state.kind === 'stopped' && this.#state.kind === 'stopped') return;
    this.#state = state;
    this.#needs.logger.info(`embedded engine: ${state.kind}${'detail' in state ? ` (${state.detail})` : ''}`);
    this.#changed.fire(state);
  }
}

/** One life of the child process, from the check of the file to its end. */
class Attempt implements Disposable {
  readonly settled: Promise<void>;
  waiting = 0;
  readonly #needs: EmbeddedNeeds;
  readonly #choice: EmbeddedChoice;
  readonly #token = randomBytes(TOKEN_BYTES).toString('base64url');
  readonly #report: (state: EmbeddedState) => void;
  readonly #settle: () => void;
  #process: EngineProcess | undefined;
  #killing: Disposable | undefined;
  #isReady = false;
  #isOver = false;

  constructor(needs: EmbeddedNeeds, choice: EmbeddedChoice, report: (state: EmbeddedState) => void) {
    this.#needs = needs;
    this.#choice = choice;
    this.#report = report;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.settled = promise;
    this.#settle = resolve;
  }

  async run(): Promise<void> {
    const checked = await checkGguf(this.#choice.modelPath);
    if (this.#isOver) return;
    if (!checked.ok) return this.#fail(stateOfProblem(checked.error, this.#choice.modelPath));
    const limit = this.#needs.clock.after(READY_LIMIT_MS, () => {
      this.#process?.kill();
      this.#fail({ kind: 'crashed', detail: `it was not ready after ${READY_LIMIT_MS / 1000} s` });
    });
    void this.settled.then(() => limit.dispose());
    const launch = this.#needs.launch ?? forkEngine;
    this.#process = launch(this.#needs.serverFile, {
      onMessage: message => this.#hear(message),
      onExit: detail => this.#exited(detail),
    });
    this.#process.send({
      type: 'start',
      token: this.#token,
      modelPath: this.#choice.modelPath,
      contextTokens: this.#choice.contextTokens,
      maxThreads: this.#choice.threads,
    });
  }

  dispose(): void {
    this.#isOver = true;
    this.#settle();
    const running = this.#process;
    if (!running) return;
    running.disconnect();
    this.#killing = this.#needs.clock.after(STOP_LIMIT_MS, () => running.kill());
  }

  #hear(message: ChildMessage): void {
    if (this.#isOver || this.#isReady) return;
    switch (message.type) {
      case 'ready':
        this.#isReady = true;
        this.#report({
          kind: 'ready',
          url: `http://127.0.0.1:${message.port}`,
          token: this.#token,
          pid: message.pid,
          model: message.model,
        });
        this.#settle();
        return;
      case 'failed':
        this.#fail(this.#stateOfFailure(message));
        this.#process?.kill();
        return;
      default:
        assertNever(message);
    }
  }

  #stateOfFailure(message: Extract<ChildMessage, { type: 'failed' }>): EmbeddedState {
    switch (message.reason) {
      case 'nativeMissing':
        return { kind: 'absent', detail: message.detail };
      case 'modelFile':
        return { kind: 'fileDamaged', path: this.#choice.modelPath, detail: message.detail };
      case 'outOfMemory':
        return { kind: 'crashed', detail: `not enough memory: ${message.detail}` };
      case 'notListening':
        return { kind: 'crashed', detail: `no port of 127.0.0.1 could be had: ${message.detail}` };
    }
  }

  /** Some damaged files end the process while it reads them, so an end before it is ready speaks of the file. */
  #exited(detail: string): void {
    this.#killing?.dispose();
    if (this.#isOver) return;
    if (this.#isReady) this.#fail({ kind: 'crashed', detail });
    else this.#fail({ kind: 'fileDamaged', path: this.#choice.modelPath, detail });
  }

  #fail(state: EmbeddedState): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#report(state);
    this.#settle();
  }
}

function stateOfProblem(problem: GgufProblem, path: string): EmbeddedState {
  if (problem.kind === 'missing') return { kind: 'fileMissing', path };
  return { kind: 'fileDamaged', path, detail: problem.detail };
}
