import type { Clock } from '../../src/base/clock.ts';
import type { Oracle } from './oracle.ts';
import { hashFraction } from './seededRandom.ts';
import { tokenize } from './tokenizer.ts';
import { wait } from './virtualClock.ts';

export interface EngineSettings {
  readonly prefillTokensPerS: number;
  readonly decodeTokensPerS: number;
  /** Before each request's prefill: parsing, tokenising, choosing the slot. */
  readonly overheadMs: number;
  /** stops: as llama.cpp's server, vLLM and Minnow's own engine. readsPromptToEnd: as Ollama. */
  readonly abort: 'stops' | 'readsPromptToEnd';
  readonly logprobs: 'given' | 'none';
}

export const DEFAULT_ENGINE: EngineSettings = {
  prefillTokensPerS: 800,
  decodeTokensPerS: 40,
  overheadMs: 10,
  abort: 'stops',
  logprobs: 'none',
};

/** An abort is looked at between such pieces: 48 tokens are 60 ms at 800 tokens a second. */
const PREFILL_PIECE_TOKENS = 48;

export interface EngineJob {
  readonly prompt: string;
  readonly maxTokens: number;
  readonly stop: readonly string[];
  readonly delivery: 'streamed' | 'whole';
  readonly signal: AbortSignal;
  /** Told with the log-probabilities of the tokens in it, where the engine is set to give them. */
  readonly onText: (text: string, logprobs: readonly number[]) => void;
}

/** One request as the engine saw it; all times by its clock. */
export interface EngineRequest {
  readonly number: number;
  readonly arrivedAtMs: number;
  readonly promptTokens: number;
  readonly delivery: 'streamed' | 'whole';
  startedAtMs: number | undefined;
  endedAtMs: number | undefined;
  /** When each generated token was there. */
  readonly tokenTimesMs: number[];
  cachedTokens: number;
  evaluatedTokens: number;
  generatedText: string;
  place: { readonly document: string; readonly offset: number } | undefined;
  right: boolean;
  end: 'stop' | 'length' | 'aborted' | undefined;
}

export interface SlotEngine {
  /** Ends when the answer is complete, or as soon as the signal aborts, whatever the slot still does. */
  submit(job: EngineJob): Promise<EngineRequest>;
  readonly requests: readonly EngineRequest[];
  /** Time in which the slot worked, finished requests only. */
  readonly busyMs: number;
  /** Forgets the requests that were seen. */
  forget(): void;
}

interface Waiting {
  readonly job: EngineJob;
  readonly request: EngineRequest;
  readonly tokens: readonly string[];
  readonly done: () => void;
}

/**
 * One slot, one request at a time, first come first served. Its prompt cache is the sequence that stands in the slot:
 * what a new prompt shares with it from the first token on is not evaluated again.
 */
export function createSlotEngine(clock: Clock, oracle: Oracle, settings: EngineSettings = DEFAULT_ENGINE): SlotEngine {
  const requests: EngineRequest[] = [];
  const queue: Waiting[] = [];
  let slot: string[] = [];
  let running = false;
  let busyMs = 0;

  async function runQueue(): Promise<void> {
    running = true;
    for (let next = queue.shift(); next; next = queue.shift()) {
      if (next.job.signal.aborted) continue;
      const startedAtMs = clock.monotonicMs();
      next.request.startedAtMs = startedAtMs;
      await serve(next);
      next.request.endedAtMs = clock.monotonicMs();
      busyMs += next.request.endedAtMs - startedAtMs;
      next.done();
    }
    running = false;
  }

  async function serve({ job, request, tokens }: Waiting): Promise<void> {
    await wait(clock, settings.overheadMs);
    // The last token is always evaluated: its output is what the first new token is drawn from.
    const cached = Math.min(sharedTokens(slot, tokens), tokens.length - 1);
    request.cachedTokens = cached;
    slot = slot.slice(0, cached);
    const mayStop = () => job.signal.aborted && settings.abort === 'stops';
    while (slot.length < tokens.length && !mayStop()) {
      const piece = tokens.slice(slot.length, slot.length + PREFILL_PIECE_TOKENS);
      await wait(clock, (piece.length / settings.prefillTokensPerS) * 1000);
      slot.push(...piece);
      request.evaluatedTokens += piece.length;
    }
    if (job.signal.aborted) {
      request.end = 'aborted';
      return;
    }
    await decode({ job, request });
    slot.push(...tokenize(request.generatedText));
  }

  async function decode({ job, request }: Pick<Waiting, 'job' | 'request'>): Promise<void> {
    const answer = oracle.answer(job.prompt);
    request.place = answer.place;
    request.right = answer.right;
    const stepMs = 1000 / settings.decodeTokensPerS;
    let told = 0;
    let untold: number[] = [];
    const tell = (to: number) => {
      job.onText(request.generatedText.slice(told, to), settings.logprobs === 'given' ? untold : []);
      told = to;
      untold = [];
    };
    for (const token of tokenize(answer.text)) {
      // The first token comes out of the prefill itself.
      if (request.tokenTimesMs.length > 0) await wait(clock, stepMs);
      if (job.signal.aborted) break;
      request.tokenTimesMs.push(clock.monotonicMs());
      request.generatedText += token;
      untold.push(answer.meanLogprob * (0.4 + 1.2 * hashFraction(token, request.generatedText.length)));
      const cut = stopIndex(request.generatedText, job.stop);
      const safe = cut ?? request.generatedText.length - heldBack(request.generatedText, job.stop);
      if (safe > told) tell(safe);
      if (cut !== undefined) request.end = 'stop';
      else if (request.tokenTimesMs.length >= job.maxTokens) request.end = 'length';
      if (request.end) break;
    }
    if (job.signal.aborted) {
      request.end = 'aborted';
      return;
    }
    if (request.end === undefined) await wait(clock, stepMs); // the token that says the answer is over
    if (request.end !== 'stop' && request.generatedText.length > told) tell(request.generatedText.length);
    request.end ??= 'stop';
  }

  return {
    requests,
    get busyMs() {
      return busyMs;
    },
    forget() {
      requests.length = 0;
    },
    submit(job) {
      const tokens = tokenize(job.prompt);
      const request: EngineRequest = {
        number: requests.length,
        arrivedAtMs: clock.monotonicMs(),
        promptTokens: tokens.length,
        delivery: job.delivery,
        startedAtMs: undefined,
        endedAtMs: undefined,
        tokenTimesMs: [],
        cachedTokens: 0,
        evaluatedTokens: 0,
        generatedText: '',
        place: undefined,
        right: false,
        end: undefined,
      };
      requests.push(request);
      return new Promise(resolve => {
        const done = () => resolve(request);
        job.signal.addEventListener('abort', done, { once: true });
        if (job.signal.aborted) done();
        queue.push({ job, request, tokens, done });
        if (!running) void runQueue();
      });
    },
  };
}

function sharedTokens(left: readonly string[], right: readonly string[]): number {
  const most = Math.min(left.length, right.length);
  let shared = 0;
  while (shared < most && left[shared] === right[shared]) shared++;
  return shared;
}

function stopIndex(text: string, stop: readonly string[]): number | undefined {
  const found = stop.map(mark => text.indexOf(mark)).filter(index => index >= 0);
  return found.length > 0 ? Math.min(...found) : undefined;
}

/** How many characters at the end may yet turn out to begin a stop string, so that servers keep them back. */
function heldBack(text: string, stop: readonly string[]): number {
  let most = 0;
  for (const mark of stop) {
    for (let length = Math.min(mark.length - 1, text.length); length > most; length--) {
      if (text.endsWith(mark.slice(0, length))) most = length;
    }
  }
  return most;
}
