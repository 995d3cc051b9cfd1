import { type Clock, sleep } from '../base/clock.ts';
import type { Logger } from '../base/logger.ts';
import type { Door, DoorResult } from '../routing/dispatcher.ts';
import type { Candidate } from '../routing/endpoint.ts';
import type { AnswerMemory } from './answerMemory.ts';
import { type Ask, type AskNeeds, askOf } from './ask.ts';
import { type ContextSnapshot, type ContextSource, MAX_CONTEXT_WAIT_MS } from './context/contextSource.ts';
import { Flight, type FlightEnd, type FlightStart } from './flight.ts';
import type { Paces } from './pace.ts';
import { type PromptPlan, PromptPlanner } from './prompt/promptPlanner.ts';
import { draftOf, GREEDY, type ReadAnswer, readAnswer, variedSampling } from './request.ts';
import type { Scheduler } from './scheduler.ts';
import type { Shown } from './showing.ts';
import { afterAcceptance } from './speculation.ts';

export interface LauncherNeeds extends AskNeeds {
  readonly clock: Clock;
  readonly door: Door;
  readonly memory: AnswerMemory;
  readonly scheduler: Scheduler;
  readonly paces: Paces;
  readonly log: Logger;
  readonly contextSource?: ContextSource | undefined;
}

/** Sends requests, one at a time, and puts what comes of them into memory. */
export class Launcher {
  readonly #needs: LauncherNeeds;
  readonly #planner = new PromptPlanner();

  constructor(needs: LauncherNeeds) {
    this.#needs = needs;
  }

  /** The context that stands ready; after MAX_CONTEXT_WAIT_MS the request goes without. */
  async contextFor({ snapshot, signal }: Ask): Promise<ContextSnapshot | undefined> {
    const { contextSource, clock } = this.#needs;
    if (!contextSource) return undefined;
    const given = contextSource.snapshot({ uri: snapshot.uri, languageId: snapshot.languageId });
    if (!(given instanceof Promise)) return given;
    return Promise.race([given, sleep(clock, MAX_CONTEXT_WAIT_MS, signal).then(() => undefined)]);
  }

  /** Takes the slot and sends; undefined when a later keystroke took it, or this one was given up. */
  async launch(
    ask: Ask & { readonly candidate: Candidate },
    context: ContextSnapshot | undefined,
  ): Promise<Flight | undefined> {
    if (!(await this.#needs.scheduler.takeSlot(ask.signal))) return undefined;
    return this.#send(ask, context, { purpose: 'completion', sampling: GREEDY });
  }

  /** Asks for one more way to go on; resolves when it is there, undefined when something else was wanted meanwhile. */
  async launchAnother(
    ask: Ask & { readonly candidate: Candidate },
    context: ContextSnapshot | undefined,
    seed: number,
  ): Promise<Flight | undefined> {
    if (!(await this.#needs.scheduler.takeSlot(ask.signal))) return undefined;
    const flight = this.#send(ask, context, { purpose: 'completion', sampling: variedSampling(seed) });
    while (!flight.end && !ask.signal.aborted) await flight.changed(ask.signal);
    return flight.end?.kind === 'answered' ? flight : undefined;
  }

  /** Has the server read a file's prompt before anybody asks for a completion in it; gives way to everything else. */
  preRead(ask: Ask, context: ContextSnapshot | undefined): void {
    const { candidate, shape } = ask;
    if (!candidate || this.#needs.scheduler.flight) return;
    const asking = { ...ask, candidate, shape: { ...shape, maxTokens: 1 } };
    this.#send(asking, context, { purpose: 'preRead', sampling: GREEDY });
  }

  /** Asks what comes after a suggestion while it is read, unless that is known already or something runs. */
  speculate(ask: Ask, { suggestion }: Shown): void {
    const { memory, scheduler } = this.#needs;
    if (!ask.settings.completion.speculation || scheduler.flight || ask.snapshot.selectedSuggestion) return;
    const snapshot = afterAcceptance(ask.snapshot, suggestion.text, suggestion.replacedSuffixChars);
    const next = askOf(this.#needs, snapshot, ask.settings, new AbortController().signal);
    if (!next.candidate || memory.recall(next.place, next.modelKey) || memory.isEmpty(next.place, next.modelKey))
      return;
    this.#send({ ...next, candidate: next.candidate }, undefined, { purpose: 'speculation', sampling: GREEDY });
  }

  #send(
    ask: Ask & { readonly candidate: Candidate },
    context: ContextSnapshot | undefined,
    kind: Pick<FlightStart, 'purpose' | 'sampling'>,
  ): Flight {
    const { clock, scheduler, paces } = this.#needs;
    const flight = new Flight({
      place: ask.place,
      shape: ask.shape,
      ...kind,
      modelKey: ask.modelKey,
      dialect: ask.candidate.endpoint.backend.dialect,
      startedMs: clock.monotonicMs(),
      firstLines: 1 + paces.of(ask.modelKey).linesWhileReading(),
    });
    scheduler.run(flight, () =>
      this.#fly(ask, context, flight).catch(error => {
        // A bug of ours must not leave keystrokes waiting for an answer that will not come.
        this.#needs.log.error(`a completion threw: ${error instanceof Error ? error.stack : String(error)}`);
        flight.end = { kind: 'cancelled' };
        flight.notify();
      }),
    );
    return flight;
  }

  async #fly(ask: Ask, context: ContextSnapshot | undefined, flight: Flight): Promise<void> {
    const { door } = this.#needs;
    const { snapshot, settings, stopwatch } = ask;
    const { promptTokens } = this.#needs.paces.of(ask.modelKey);
    const wish = { snapshot, settings, context, stopwatch, flight, planner: this.#planner, promptTokens };
    const draft = draftOf(wish);
    const result = await door.run(draft, flight.signal, (stream, attempt) => {
      flight.requestId = attempt.id;
      return readAnswer(stream, wish, draft);
    });
    flight.close();
    this.#land(flight, result, draft.plan());
  }

  #land(flight: Flight, result: DoorResult<ReadAnswer>, plan: PromptPlan | undefined): void {
    flight.end = endOf(result, flight);
    const read = result.kind === 'answered' ? result.value : undefined;
    if (plan) this.#planner.sent(plan, read?.raw ?? '', read?.inputTokens);
    this.#learnPace(flight, plan, result);
    if (flight.isJoinable) this.#remember(flight, flight.end);
    flight.notify();
  }

  #remember({ usable, requestId, start, meanLogprob }: Flight, end: FlightEnd): void {
    const { place, modelKey, purpose } = start;
    const origin = purpose === 'speculation' ? 'speculation' : 'completion';
    if (usable !== '') this.#needs.memory.remember({ requestId, modelKey, place, text: usable, origin, meanLogprob });
    else if (end.kind === 'empty' && end.why !== 'cutOff') this.#needs.memory.rememberEmpty(place, modelKey);
  }

  #learnPace(flight: Flight, plan: PromptPlan | undefined, result: DoorResult<ReadAnswer>): void {
    const { paces, scheduler } = this.#needs;
    const { modelKey, dialect, startedMs } = flight.start;
    const pace = paces.of(modelKey);
    const newTokens = plan?.plannedNewTokens ?? 0;
    if (result.kind === 'answered') {
      const { firstTokenMs, generateMs } = result.record.spans;
      const { evaluatedTokens = newTokens, raw } = result.value;
      if (firstTokenMs !== undefined) pace.noteFirstToken(firstTokenMs);
      // Of an answer that comes whole only the server knows when it had read the prompt and began to write.
      const seen = dialect === 'ollama' ? {} : { prefillMs: firstTokenMs, decodeMs: generateMs };
      const { prefillMs = seen.prefillMs, decodeMs = seen.decodeMs } = result.value;
      if (prefillMs !== undefined) pace.notePrefill(evaluatedTokens, prefillMs);
      if (decodeMs !== undefined) pace.noteDecoded(raw.length, decodeMs);
    } else if (result.kind === 'failed' && result.error?.kind === 'timeout' && result.error.limit === 'firstByte') {
      // It is slower than the limit allows, by how much nobody knows: a shorter prompt is what can still help.
      pace.notePrefill(newTokens, 2 * result.error.limitMs);
    } else if (dialect === 'ollama' && flight.said === '') {
      // Ollama reads an abandoned prompt to its end (real engines, 2.2), so another sent now would only wait in its queue.
      scheduler.holdSlotUntil(startedMs + pace.prefillMs(newTokens));
    }
  }
}

function endOf(result: DoorResult<ReadAnswer>, flight: Flight): FlightEnd {
  switch (result.kind) {
    case 'answered':
      return result.value.end;
    case 'cancelled':
      // The line that was being written is not what the model meant to say.
      flight.said = flight.usable;
      return { kind: 'cancelled' };
    case 'failed':
    case 'refused':
      return result;
  }
}
