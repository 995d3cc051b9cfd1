import type { Clock } from '../base/clock.ts';
import type { AcceptanceRecord, Meter } from '../metering/requestRecord.ts';
import type { Remainder } from './answer.ts';
import type { AnswerMemory } from './answerMemory.ts';
import type { Ask } from './ask.ts';
import type { CompletionOutcome } from './outcome.ts';
import { type Place, typedBetween } from './place.ts';
import type { Shape } from './shape.ts';
import { completeLines } from './stops/answerText.ts';
import { fitToLineRest } from './trims/cursorTrims.ts';

export type Shown = Extract<CompletionOutcome, { kind: 'shown' }>;
export type Source = Shown['from'];

/** What stands on the screen, as far as it is known: the stable API does not tell. */
interface OnScreen {
  readonly id: string;
  readonly requestId: string;
  /** Where it was first shown. */
  readonly place: Place;
  /** All of it that was shown there, before it was fitted to the rest of the line. */
  readonly text: string;
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

/** Decides how much of an answer is shown, keeps it the same while it is typed through, and hears what became of it. */
export class Showing {
  readonly #needs: ShowingNeeds;
  readonly #suggestions = new Map<string, OnScreen>();
  #current: OnScreen | undefined;

  constructor(needs: ShowingNeeds) {
    this.#needs = needs;
  }

  /** What stood on the screen a key ago goes on standing there, less what was typed: never more, never something else. */
  typingAhead({ place }: Ask): Shown | undefined {
    const current = this.#current;
    const typed = current && typedBetween(current.place, place);
    if (typed === undefined || !current?.text.startsWith(typed) || typed.length >= current.text.length) {
      this.#current = undefined;
      return undefined;
    }
    const fitted = fitToLineRest(current.text.slice(typed.length), place.lineRest);
    return fitted && shownOf('typingAhead', { ...fitted, id: current.id, requestId: current.requestId });
  }

  /** Shows the first part of what is known to come; undefined where nothing of it is new at this cursor. */
  present(
    ask: Ask,
    remainder: Pick<Remainder, 'text'> & { readonly requestId: string },
    from: Source,
  ): Shown | undefined {
    const { place } = ask;
    const text = firstPart(remainder.text, ask.shape);
    const fitted = fitToLineRest(text, place.lineRest);
    if (!fitted || this.#needs.memory.wasRejected(place, fitted.text)) return undefined;
    const { requestId } = remainder;
    const onScreen = {
      id: this.#needs.newId(),
      requestId,
      place,
      text,
      languageId: ask.snapshot.languageId,
      shownChars: fitted.text.length,
    };
    this.#keep(onScreen);
    return shownOf(from, { ...fitted, id: onScreen.id, requestId });
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

  #keep(suggestion: OnScreen): void {
    this.#current = suggestion;
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

interface Fitted {
  readonly id: string;
  readonly requestId: string;
  readonly text: string;
  readonly replacedSuffixChars: number;
}

function shownOf(from: Source, suggestion: Fitted): Shown {
  return { kind: 'shown', from, suggestion };
}

/** A block in one piece where one was asked for, and a line at a time elsewhere: what comes after waits in memory. */
export function firstPart(text: string, shape: Shape): string {
  if (shape.kind === 'block') return text;
  const firstWritten = completeLines(text).find(line => line.text.trim() !== '');
  return firstWritten ? text.slice(0, firstWritten.end) : text;
}
