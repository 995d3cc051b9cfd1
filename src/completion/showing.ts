import type { Clock } from '../base/clock.ts';
import type { AcceptanceRecord, Meter } from '../metering/requestRecord.ts';
import type { AnswerMemory } from './answerMemory.ts';
import type { Ask } from './ask.ts';
import type { CompletionOutcome, Suggestion } from './outcome.ts';
import { type Place, typedBetween } from './place.ts';
import type { Shape } from './shape.ts';
import { completeLines } from './stops/answerText.ts';
import { fitToLineRest } from './trims/cursorTrims.ts';
import { type Evidence, isAgreed, Trust } from './trust.ts';

export type Shown = Extract<CompletionOutcome, { kind: 'shown' }>;
export type Source = Shown['from'];

/** What may be shown, and how long after the last key it should be held back. */
export interface Presentation {
  readonly shown: Shown;
  readonly holdMs: number;
  /** The user has typed or taken some of the same answer. */
  readonly isAgreed: boolean;
}

/** What is known to come at a place. */
export interface Known {
  readonly text: string;
  readonly requestId: string;
  /** It goes on from something that the user typed or took. */
  readonly goesOn: boolean;
  readonly meanLogprob: number | undefined;
}

/** What stands on the screen, as far as it is known: the stable API does not tell. */
interface OnScreen {
  readonly id: string;
  readonly requestId: string;
  /** Where it was first shown. */
  readonly place: Place;
  /** All of it that was shown there, before it was fitted to the rest of the line. */
  readonly text: string;
  readonly evidence: Evidence;
  readonly languageId: string;
  readonly shownChars: number;
}

export interface ShowingNeeds {
  readonly clock: Clock;
  readonly meter: Meter;
  readonly memory: AnswerMemory;
  readonly newId: () => string;
}

const MAX_REMEMBERED_SUGGESTIONS = 20;
const MAX_OFFERED = 4;
/** Many wrong answers begin rightly, few go on so for longer than a short word. */
const AGREED_CHARS = 4;
/** The user has begun to type it: stronger than how sure the model was. */
const AGREED: Evidence = { standing: 'agreed', meanLogprob: undefined };

/** Decides how much of an answer is shown, keeps it the same while it is typed through, and hears what became of it. */
export class Showing {
  readonly #needs: ShowingNeeds;
  readonly #trust = new Trust();
  readonly #suggestions = new Map<string, OnScreen>();
  #current: OnScreen | undefined;
  #offered: readonly OnScreen[] = [];
  /** Where something was contradicted last; a line is known by its document and number. */
  #contradictedLine = '';

  constructor(needs: ShowingNeeds) {
    this.#needs = needs;
  }

  /** One more for the user to choose from. It counts as what is shown once it alone agrees with what is typed. */
  offer(ask: Ask, known: Known): Suggestion | undefined {
    const text = firstPart(known.text, ask.shape);
    const fitted = fitToLineRest(text, ask.place.lineRest);
    const isNew = fitted && ![this.#current, ...this.#offered].some(other => other?.text === text);
    if (!fitted || !isNew) return undefined;
    const offered = this.#onScreen(ask, { ...known, text }, fitted.text.length);
    this.#offered = [...this.#offered, offered].slice(-MAX_OFFERED);
    this.#keep(offered);
    return { ...fitted, id: offered.id, requestId: offered.requestId };
  }

  /** What stood on the screen a key ago goes on standing there, less what was typed: never more, never something else. */
  typingAhead({ place }: Ask): Presentation | undefined {
    const current = this.#current;
    const typed = current && typedBetween(current.place, place);
    if (!current || typed === undefined || !this.#goesOn(current, typed, place)) return this.#chosenOther(place);
    const fitted = fitToLineRest(current.text.slice(typed.length), place.lineRest);
    if (!fitted) return undefined;
    return this.#presentation(
      shownOf('typingAhead', { ...fitted, ...idsOf(current) }),
      typed === '' ? current.evidence : { ...current.evidence, standing: standingAfter(typed) },
    );
  }

  /** The first part of what is known to come; undefined where nothing of it is new at this cursor. */
  present(ask: Ask, known: Known, from: Source): Presentation | undefined {
    const { place, shape } = ask;
    const text = firstPart(known.text, shape);
    const fitted = fitToLineRest(text, place.lineRest);
    if (!fitted || this.#needs.memory.wasRejected(place, fitted.text)) return undefined;
    const onScreen = this.#onScreen(ask, { ...known, text }, fitted.text.length);
    this.#current = onScreen;
    this.#offered = [];
    this.#keep(onScreen);
    return this.#presentation(shownOf(from, { ...fitted, ...idsOf(onScreen) }), onScreen.evidence);
  }

  #onScreen({ place, snapshot }: Ask, { text, requestId, goesOn, meanLogprob }: Known, shownChars: number): OnScreen {
    const standing = goesOn ? 'continuing' : lineKey(place) === this.#contradictedLine ? 'retry' : 'first';
    const { languageId } = snapshot;
    const evidence: Evidence = { standing, meanLogprob: goesOn ? undefined : meanLogprob };
    return { id: this.#needs.newId(), requestId, place, text, evidence, languageId, shownChars };
  }

  /** The first one was contradicted, but the user may be typing another that they had cycled to. */
  #chosenOther(place: Place): Presentation | undefined {
    for (const other of this.#offered) {
      const typed = typedBetween(other.place, place);
      if (!typed || !other.text.startsWith(typed) || typed.length >= other.text.length) continue;
      const fitted = fitToLineRest(other.text.slice(typed.length), place.lineRest);
      if (!fitted) continue;
      this.#current = other;
      return this.#presentation(shownOf('typingAhead', { ...fitted, ...idsOf(other) }), AGREED);
    }
    this.#offered = [];
    return undefined;
  }

  #presentation(shown: Shown, evidence: Evidence): Presentation {
    return { shown, holdMs: this.#trust.holdMs(evidence), isAgreed: isAgreed(evidence) };
  }

  accepted(id: string): void {
    const suggestion = this.#suggestions.get(id);
    if (suggestion) this.#record(suggestion, 'accepted', suggestion.shownChars);
  }

  acceptedPartly(id: string, acceptedChars: number): void {
    const suggestion = this.#suggestions.get(id);
    if (suggestion) this.#record(suggestion, 'acceptedPartly', acceptedChars);
  }

  dismissed(id: string, how: 'rejected' | 'typedOver' | 'unseen'): void {
    const suggestion = this.#suggestions.get(id);
    if (!suggestion) return;
    if (how === 'rejected') this.#needs.memory.reject(suggestion.place, suggestion.text);
    if (this.#current?.id === id) this.#current = undefined;
    this.#record(suggestion, how === 'rejected' ? 'dismissed' : how, 0);
  }

  /** Whether something of the current suggestion is left; if not, what became of it is learned from. */
  #goesOn(current: OnScreen, typed: string, place: Place): boolean {
    if (current.text.startsWith(typed) && typed.length < current.text.length) return true;
    this.#current = undefined;
    const fate = typed.startsWith(current.text) ? 'cameTrue' : 'contradicted';
    if (fate === 'contradicted') this.#contradictedLine = lineKey(place);
    this.#trust.learn(current.evidence, fate);
    const agreedChars = sharedLength(current.text, typed);
    if (agreedChars > 0) this.#trust.learn({ standing: 'begun', meanLogprob: undefined }, fate);
    if (agreedChars >= AGREED_CHARS) this.#trust.learn(AGREED, fate);
    return false;
  }

  #keep(suggestion: OnScreen): void {
    this.#suggestions.set(suggestion.id, suggestion);
    const [oldest] = this.#suggestions.keys();
    if (this.#suggestions.size > MAX_REMEMBERED_SUGGESTIONS && oldest) this.#suggestions.delete(oldest);
  }

  #record(suggestion: OnScreen, action: AcceptanceRecord['action'], acceptedChars: number): void {
    this.#needs.meter.appendAcceptance({
      requestId: suggestion.requestId,
      suggestionId: suggestion.id,
      atMs: this.#needs.clock.nowMs(),
      action,
      acceptedChars,
      shownChars: suggestion.shownChars,
      languageId: suggestion.languageId,
    });
  }
}

function idsOf({ id, requestId }: OnScreen): Pick<Suggestion, 'id' | 'requestId'> {
  return { id, requestId };
}

function standingAfter(typed: string): Evidence['standing'] {
  return typed.trim().length < AGREED_CHARS ? 'begun' : 'agreed';
}

function sharedLength(left: string, right: string): number {
  let shared = 0;
  while (shared < left.length && left[shared] === right[shared]) shared++;
  return shared;
}

function lineKey({ uri, line }: Place): string {
  return `${uri}\n${line}`;
}

function shownOf(from: Source, suggestion: Suggestion): Shown {
  return { kind: 'shown', from, suggestion };
}

/** As many lines as the shape shows at once; what comes after them waits in memory. */
export function firstPart(text: string, { shownLines }: Shape): string {
  const firstWritten = text.search(/\S/);
  const lines = completeLines(text).filter(line => line.end > firstWritten);
  const last = lines[shownLines - 1];
  return last ? text.slice(0, last.end) : text;
}
