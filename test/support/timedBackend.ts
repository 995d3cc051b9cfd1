import type { BackendCall, Dialect, ExchangePhase, GenerateRequest, StreamPart } from '../../src/backends/backend.ts';
import { type Clock, sleep } from '../../src/base/clock.ts';
import { ScriptedBackend } from './scriptedBackend.ts';

/** What a server does next: wait, tell of a phase, or send a part. `hang` waits until the caller aborts. */
export type ScriptStep = { waitMs: number } | { phase: ExchangePhase } | StreamPart | 'hang';

/** A model server whose answers take time on a clock; it plays the same script for each request. */
export class TimedBackend extends ScriptedBackend {
  readonly #clock: Clock;
  readonly #script: readonly ScriptStep[];
  readonly requests: GenerateRequest[] = [];
  /** How many streams were closed, by their end or by a reader who left. */
  closed = 0;

  constructor(clock: Clock, script: readonly ScriptStep[], dialect: Dialect = 'openai') {
    super(dialect);
    this.#clock = clock;
    this.#script = script;
  }

  override async *generate(request?: GenerateRequest, call?: BackendCall): AsyncGenerator<StreamPart> {
    if (!request || !call) throw new Error('the door passes both');
    this.requests.push(request);
    try {
      for (const step of this.#script) {
        if (call.signal.aborted) return;
        if (step === 'hang') await new Promise(resolve => call.signal.addEventListener('abort', resolve));
        else if ('waitMs' in step) await sleep(this.#clock, step.waitMs, call.signal);
        else if ('phase' in step) call.onPhase?.(step.phase);
        else yield step;
      }
    } finally {
      this.closed += 1;
    }
  }
}
