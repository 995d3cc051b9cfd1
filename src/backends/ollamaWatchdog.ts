import { type Clock, sleep } from '../base/clock.ts';
import { SingleFlight } from '../base/singleFlight.ts';
import type { Backend, BackendCall, ExchangePhase, GenerateRequest, StreamPart } from './backend.ts';
import { ModelPulse, type Waiting } from './modelPulse.ts';

export interface WatchdogNeeds {
  readonly clock: Clock;
  readonly keepAliveMinutes: () => number;
  /** A model that no longer answered was put out of memory, and the request is being sent again. To be told to the user. */
  readonly onHealed: (model: string) => void;
}

/** More models than a person uses with one server; the one that was used least lately is forgotten. */
const MODELS_WATCHED = 16;

/** A generated token takes about as long as this many characters of prompt on a CPU. */
const WORK_PER_TOKEN = 32;

/** Between two looks at whether the model works for somebody. */
const LOOK_PAUSE_MS = 150;
const LOOKS = 3;

/**
 * Watches over an Ollama, where an abort can leave a model that answers nobody any more while `/api/ps` lists it as healthy
 * (https://github.com/ollama/ollama/issues/17131; 2 to 5 of 100 aborted streams of a fast model on 0.24.0). Silence for
 * longer than the model's own pace explains is looked into; if the model sits idle in memory, it is unloaded, which heals
 * at once, and loaded again; then the request is sent once more (invariant 16).
 */
export function watchForHangs(inner: Backend, needs: WatchdogNeeds): Backend {
  const watched = new Map<string, WatchedModel>();
  const modelOf = (name: string): WatchedModel => {
    const known = watched.get(name) ?? new WatchedModel(name, inner, needs);
    watched.delete(name);
    watched.set(name, known);
    for (const oldest of watched.keys()) {
      if (watched.size <= MODELS_WATCHED) break;
      watched.delete(oldest);
    }
    return known;
  };
  return {
    ...inner,
    generate: (request, call) => modelOf(request.model).generate(request, call),
    async warmUp(model, call) {
      const loaded = await inner.warmUp(model, call);
      if (loaded.ok) modelOf(model).pulse.noteResident();
      return loaded;
    },
    async residency(model, call) {
      const found = await inner.residency(model, call);
      if (found.ok && found.value.state === 'resident') modelOf(model).pulse.noteResident();
      return found;
    },
  };
}

class WatchedModel {
  readonly pulse: ModelPulse;
  readonly #name: string;
  readonly #inner: Backend;
  readonly #needs: WatchdogNeeds;
  #grant: BackendCall['grant'];
  /** Several requests may notice the same silence: all wait for one look into it. */
  readonly #look = new SingleFlight(() => this.#heal());

  constructor(name: string, inner: Backend, needs: WatchdogNeeds) {
    this.#name = name;
    this.#inner = inner;
    this.#needs = needs;
    this.pulse = new ModelPulse(needs.clock, () => minutesAsMs(needs.keepAliveMinutes()));
  }

  async *generate(request: GenerateRequest, call: BackendCall): AsyncGenerator<StreamPart> {
    const onPhase = onceEach(call.onPhase);
    const isSilent = yield* this.#attempt(request, { ...call, onPhase });
    if (!isSilent || call.signal.aborted) return;
    if (await this.#lookInto(call)) yield* this.#lastAttempt(request, { ...call, onPhase });
    else if (!call.signal.aborted) yield { type: 'failed', error: { kind: 'hung', model: this.#name } };
  }

  /** Returns whether it ended in a silence that must be looked into; then it has said nothing. */
  async *#attempt(request: GenerateRequest, call: BackendCall): AsyncGenerator<StreamPart, boolean> {
    const left = new AbortController();
    const waiting = this.pulse.begin(workOf(request), () => left.abort());
    const signal = AbortSignal.any([call.signal, left.signal]);
    try {
      for await (const part of this.#parts(request, { ...call, signal }, waiting)) {
        yield part;
      }
      return waiting.isGivenUp;
    } finally {
      waiting.dispose();
    }
  }

  async *#lastAttempt(request: GenerateRequest, call: BackendCall): AsyncGenerator<StreamPart> {
    const waiting = this.pulse.begin(workOf(request), () => {});
    try {
      for await (const part of this.#parts(request, call, waiting)) {
        yield isFirstByteTimeout(part) ? { type: 'failed', error: { kind: 'hung', model: this.#name } } : part;
      }
    } finally {
      waiting.dispose();
    }
  }

  async *#parts(request: GenerateRequest, call: BackendCall, waiting: Waiting): AsyncGenerator<StreamPart> {
    const onPhase = (phase: ExchangePhase) => {
      if (phase === 'firstByte') waiting.heard();
      call.onPhase?.(phase);
    };
    for await (const part of this.#inner.generate(request, { ...call, onPhase })) {
      if (part.type !== 'failed') waiting.heard();
      yield part;
    }
  }

  /** Whether it makes sense to send the request again. */
  #lookInto(call: BackendCall): Promise<boolean> {
    this.#grant = call.grant;
    return this.#look.run();
  }

  async #heal(): Promise<boolean> {
    if (!this.pulse.mayBeCured) return false;
    // Not to be broken off with the request that noticed: others wait for it, and half a cure is none.
    const own = { signal: new AbortController().signal, grant: this.#grant };
    const isIdle = await this.#sitsIdle(own);
    if (isIdle === undefined) return false;
    if (!isIdle) return true;
    const unloaded = await this.#inner.unload(this.#name, own);
    if (!unloaded.ok) return false;
    this.pulse.noteCured();
    // Loaded by a request of its own: typing may give up the one that is sent again, and that would break off the load.
    const loaded = await this.#inner.warmUp(this.#name, own);
    if (!loaded.ok) return false;
    this.pulse.noteResident();
    this.#needs.onHealed(this.#name);
    return true;
  }

  /**
   * In memory, and working for nobody. While a request runs Ollama gives the end of the keep-alive afresh at each look; when
   * none does, it stands still (seen on 0.24.0). Undefined: the server did not say.
   */
  async #sitsIdle(call: BackendCall): Promise<boolean | undefined> {
    let lastUntilMs: number | undefined;
    for (let look = 0; look < LOOKS; look++) {
      if (look > 0) await sleep(this.#needs.clock, LOOK_PAUSE_MS, call.signal);
      const found = await this.#inner.residency(this.#name, call);
      if (!found.ok) return undefined;
      if (found.value.state !== 'resident') return false;
      if (look > 0 && found.value.untilMs === lastUntilMs) return true;
      lastUntilMs = found.value.untilMs;
    }
    return false;
  }
}

function workOf({ prompt, delivery, maxTokens }: GenerateRequest): number {
  const answer = delivery === 'whole' ? maxTokens * WORK_PER_TOKEN : 0;
  switch (prompt.kind) {
    case 'raw':
      return prompt.text.length + answer;
    case 'fim':
      return prompt.prefix.length + prompt.suffix.length + answer;
    case 'chat':
      return prompt.messages.reduce((sum, { content }) => sum + content.length, 0) + answer;
  }
}

function isFirstByteTimeout(part: StreamPart): boolean {
  return part.type === 'failed' && part.error.kind === 'timeout' && part.error.limit === 'firstByte';
}

function onceEach(onPhase: BackendCall['onPhase']): (phase: ExchangePhase) => void {
  const told = new Set<ExchangePhase>();
  return phase => {
    if (told.has(phase)) return;
    told.add(phase);
    onPhase?.(phase);
  };
}

/** A negative number keeps a model for ever. */
function minutesAsMs(minutes: number): number {
  return minutes < 0 ? Number.POSITIVE_INFINITY : minutes * 60_000;
}
