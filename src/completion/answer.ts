import type { Place } from './place.ts';

/** What a model said at a place, as it is remembered: trimmed, and never a piece that was cut in the middle of a line. */
export interface Answer {
  readonly requestId: string;
  readonly modelKey: string;
  readonly place: Place;
  readonly text: string;
  readonly origin: 'completion' | 'speculation';
  /** Of its first line, where the server tells. */
  readonly meanLogprob: number | undefined;
}

/** The part of an answer that is still ahead of the cursor. */
export interface Remainder {
  readonly answer: Answer;
  /** How many characters of the answer stand in the document already. */
  readonly offset: number;
  readonly text: string;
}

/** What is left of an answer after `typed`; undefined where typing went another way or used it up. */
export function remainderAfter(answer: Answer, typed: string): Remainder | undefined {
  if (typed.length >= answer.text.length || !answer.text.startsWith(typed)) return undefined;
  return { answer, offset: typed.length, text: answer.text.slice(typed.length) };
}
