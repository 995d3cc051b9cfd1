import type { Clock } from '../base/clock.ts';
import { type Disposable, DisposableSlot } from '../base/disposable.ts';
import type { Suggestion } from '../completion/outcome.ts';

/** What the watch tells; the completion engine is one. */
export interface SuggestionFate {
  accepted(suggestionId: string): void;
  acceptedPartly(suggestionId: string, acceptedChars: number): void;
  dismissed(suggestionId: string, how: 'rejected' | 'typedOver' | 'unseen'): void;
}

export interface Place {
  readonly uri: string;
  /** Zero-based. */
  readonly line: number;
  readonly character: number;
}

export interface TextChange {
  readonly line: number;
  readonly character: number;
  readonly replacedChars: number;
  readonly replacesLines: boolean;
  readonly text: string;
}

/** What ended sooner than this was painted for too short a time to be read. */
const SEEN_AFTER_MS = 200;
/** Who looked at a suggestion for this long and then moved the cursor away did not want it. */
const REJECTED_AFTER_MS = 1000;
/** The editor runs an item's command right after the change that took it; without it, only the last word was taken. */
const COMMAND_WITHIN_MS = 500;

interface Watched {
  /** The newest id: typing along, the engine shows the rest of a suggestion under a new one. */
  readonly id: string;
  readonly requestId: string;
  readonly shownAtMs: number;
  readonly uri: string;
  readonly line: number;
  readonly character: number;
  readonly rest: string;
  readonly replacedSuffixChars: number;
  readonly takenChars: number;
  /** Characters that went in at once and ended the text: the editor's command, coming next, says whether by Tab. */
  readonly lastPieceChars: number;
}

/**
 * Finds out what became of the ghost text. The stable API tells only of a full acceptance (by the item's command); the
 * rest is inferred from changes of the document and the cursor, and is an approximation: a paste of exactly the suggested
 * word counts as accepting a word, and Escape cannot be seen until the cursor moves away.
 */
export class SuggestionWatch implements Disposable {
  readonly #clock: Clock;
  readonly #fate: SuggestionFate;
  readonly #settling = new DisposableSlot();
  #watched: Watched | undefined;

  constructor(clock: Clock, fate: SuggestionFate) {
    this.#clock = clock;
    this.#fate = fate;
  }

  shown(suggestion: Suggestion, place: Place): void {
    const before = this.#watched;
    const continues =
      before?.requestId === suggestion.requestId && isAt(before, place) && before.rest === suggestion.text;
    if (continues) {
      this.#watched = { ...before, id: suggestion.id };
      return;
    }
    this.#end('typedOver');
    this.#watched = {
      id: suggestion.id,
      requestId: suggestion.requestId,
      shownAtMs: this.#clock.monotonicMs(),
      ...place,
      rest: suggestion.text,
      replacedSuffixChars: suggestion.replacedSuffixChars,
      takenChars: 0,
      lastPieceChars: 0,
    };
  }

  /** The command of the item ran: the whole suggestion was taken. */
  accepted(suggestionId: string): void {
    if (this.#watched?.id === suggestionId) {
      this.#watched = undefined;
      this.#settling.value = undefined;
    }
    this.#fate.accepted(suggestionId);
  }

  changed(uri: string, changes: readonly TextChange[]): void {
    const watched = this.#watched;
    if (watched?.uri !== uri || changes.length === 0) return;
    const [change] = changes;
    const isHere = changes.length === 1 && change && watched.rest !== '' && isAt(watched, { uri, ...change });
    const entered = isHere ? enteredText(watched, change) : undefined;
    if (entered === undefined) this.#end('typedOver');
    else this.#advance(watched, entered);
  }

  /** Also for a cursor that merely follows the typing: that is where the suggestion is by then. */
  cursorMoved(place: Place): void {
    const watched = this.#watched;
    if (!watched || isAt(watched, place)) return;
    this.#end(this.#age(watched) < REJECTED_AFTER_MS ? 'typedOver' : 'rejected');
  }

  dispose(): void {
    this.#settling.dispose();
    this.#watched = undefined;
  }

  #advance(watched: Watched, entered: string): void {
    // Blanks in one piece are a line break with its indentation, which the editor adds to what is typed.
    const inOnePiece = entered.length > 1 && /\S/.test(entered);
    const rest = watched.rest.slice(entered.length);
    if (inOnePiece && rest !== '') this.#fate.acceptedPartly(watched.id, entered.length);
    const lines = entered.split('\n');
    this.#watched = {
      ...watched,
      line: watched.line + lines.length - 1,
      character: lines.length === 1 ? watched.character + entered.length : (lines.at(-1) ?? '').length,
      rest,
      takenChars: watched.takenChars + (inOnePiece && rest !== '' ? entered.length : 0),
      lastPieceChars: inOnePiece && rest === '' ? entered.length : 0,
    };
    if (rest === '') this.#settling.value = this.#clock.after(COMMAND_WITHIN_MS, () => this.#end('typedOver'));
  }

  #end(how: 'rejected' | 'typedOver'): void {
    const watched = this.#watched;
    this.#watched = undefined;
    this.#settling.value = undefined;
    if (!watched) return;
    // The text is all there and no command came: its last word was taken by itself.
    if (watched.lastPieceChars > 0) this.#fate.acceptedPartly(watched.id, watched.lastPieceChars);
    else if (watched.takenChars === 0) {
      this.#fate.dismissed(watched.id, this.#age(watched) < SEEN_AFTER_MS ? 'unseen' : how);
    }
  }

  #age(watched: Watched): number {
    return this.#clock.monotonicMs() - watched.shownAtMs;
  }
}

function isAt(watched: Watched, place: Place): boolean {
  return watched.uri === place.uri && watched.line === place.line && watched.character === place.character;
}

/** What of the suggestion a change at its place wrote; undefined: the change wrote something else. */
function enteredText(watched: Watched, change: TextChange): string | undefined {
  if (change.replacesLines || change.replacedChars > watched.replacedSuffixChars) return undefined;
  const text = change.text.replaceAll('\r\n', '\n');
  if (text === '') return undefined;
  if (watched.rest.startsWith(text) && !AUTO_CLOSED.test(text)) return text;
  // The editor closes a bracket or quote that the user types; the cursor then stands before the closing one.
  const opened = text.charAt(0);
  return AUTO_CLOSED.test(text) && watched.rest.startsWith(opened) ? opened : undefined;
}

const AUTO_CLOSED = /^(\(\)|\[\]|\{\}|""|''|``)$/;
