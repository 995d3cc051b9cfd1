import { assertNever } from '../base/assert.ts';
import type { CompletionOutcome, EmptyReason, SkipReason } from '../completion/outcome.ts';
import { describeProblem, type StateAction } from './engineStates.ts';

/** One outcome, told: a word for its kind, one sentence, and the setting that governs it, if one does. */
export interface OutcomeText {
  readonly word: string;
  readonly sentence: string;
  readonly settingKey: string | undefined;
  readonly action: StateAction | undefined;
}

export function describeOutcome(outcome: CompletionOutcome): OutcomeText {
  switch (outcome.kind) {
    case 'shown':
      return told('shown', SHOWN_FROM[outcome.from]);
    case 'skipped': {
      const [sentence, settingKey] = SKIPPED[outcome.why];
      return told('skipped', sentence, settingKey);
    }
    case 'cancelled':
      return told('superseded', CANCELLED_AT[outcome.at]);
    case 'empty': {
      const [sentence, settingKey] = EMPTY[outcome.why];
      return told('empty', sentence, settingKey);
    }
    case 'refused':
      return told('refused', outcome.why, 'minnow.endpoints');
    case 'failed': {
      const state = describeProblem(outcome.problem);
      return { word: 'failed', sentence: state.sentence, settingKey: undefined, action: state.action };
    }
    default:
      return assertNever(outcome);
  }
}

const SHOWN_FROM: Record<Extract<CompletionOutcome, { kind: 'shown' }>['from'], string> = {
  typingAhead: 'You typed what was already suggested; the rest was shown from memory.',
  cache: 'The suggestion was shown from memory.',
  inFlight: 'The suggestion came from a request that was already running.',
  speculation: 'The suggestion had been fetched ahead of time.',
  stream: 'The suggestion came from the model.',
};

const SKIPPED: Record<SkipReason, readonly [sentence: string, settingKey?: string]> = {
  off: ['Completions are turned off.', 'minnow.completion.enabled'],
  languageOff: ['Completions are turned off for this language.', 'minnow.completion.disabledLanguages'],
  insideWord: ['The cursor stood inside a word.'],
  textAfterCursor: ['There was more than closing brackets after the cursor on its line.'],
  documentTooShort: ['The document was too short to go by.'],
  selectionNotEmpty: ['Text was selected.'],
  rejectedHere: ['You had dismissed the suggestion for this very place.'],
  emptyHere: ['The model had nothing to add at this very place a moment ago.'],
  readOnlyScheme: ['This kind of document gets no suggestions.'],
  suggestWidgetOpen: ['The list of suggestions was open, and a suggestion would not have continued its entry.'],
  excludedFile: ['The file is excluded from everything that Minnow reads.'],
};

const CANCELLED_AT: Record<Extract<CompletionOutcome, { kind: 'cancelled' }>['at'], string> = {
  debounce: 'You typed on before a request was sent.',
  context: 'You typed on while the context was gathered.',
  queue: 'You typed on while the request waited for the one before it.',
  firstToken: 'You typed on before the first token.',
  generate: 'You typed something else than what the model was saying.',
};

const EMPTY: Record<EmptyReason, readonly [sentence: string, settingKey?: string]> = {
  modelEndedAtOnce: ['The model ended at once: it saw nothing to add.'],
  onlyWhitespace: ['The model added nothing but blanks.'],
  repeatsWhatFollows: ['The model repeated the text that follows.'],
  repeatsWhatPrecedes: ['The model repeated the text that comes before.'],
  repeatsItself: ['The model ran in circles.'],
  proseOrFence: ['The model answered with prose instead of code.'],
  controlCharacters: ['The answer held invisible control characters, which could hide what the code does.'],
  markers: ['The answer held markers of the model instead of code.'],
  lowConfidence: ['The model was too unsure of its answer.'],
  cutOff: ['The answer broke off before it made sense.', 'minnow.completion.maxTokens'],
};

function told(word: string, sentence: string, settingKey?: string): OutcomeText {
  return { word, sentence, settingKey, action: undefined };
}
