import type { EmbeddedSampling } from './nativeModel.ts';

/** Which sequence a request is answered in. Chat waits for completion, never the other way round. */
export type Lane = 'completion' | 'chat';

export interface GenerationRequest {
  readonly lane: Lane;
  readonly promptTokens: readonly number[];
  readonly maxTokens: number;
  /** Texts at which the answer ends; they are not part of it. */
  readonly stop: readonly string[];
  readonly sampling: EmbeddedSampling;
  readonly withLogprobs: boolean;
  /** Whether guesses from what stands in the prompt may be tried; the answer is the same with and without. */
  readonly drafting: 'whenWorthIt' | 'never';
  /** Where guesses may come from besides the prompt: the rest of the file, its neighbours. */
  readonly lookupTokens: readonly number[];
  /** What the answer must begin with, because it was typed already; it is not part of the answer. Empty: anything. */
  readonly healedStart: string;
}

export type GenerationPart =
  | { readonly type: 'text'; readonly text: string; readonly tokens: readonly GeneratedToken[] }
  | { readonly type: 'finish'; readonly reason: 'stop' | 'length'; readonly figures: GenerationFigures }
  | { readonly type: 'failed'; readonly error: GenerationError };

export interface GeneratedToken {
  readonly text: string;
  readonly logprob: number | undefined;
}

/** Times in milliseconds, measured here: llama.cpp's own counters cannot be read through its binding. */
export interface GenerationFigures {
  readonly promptTokens: number;
  readonly cachedTokens: number;
  readonly generatedTokens: number;
  readonly queueMs: number;
  readonly prefillMs: number;
  readonly decodeMs: number;
  /** Guesses that were tried, and those of them that were right. */
  readonly draftedTokens: number;
  readonly acceptedTokens: number;
}

export type GenerationError =
  | {
      readonly kind: 'tooLong';
      readonly promptTokens: number;
      readonly maxTokens: number;
      readonly contextTokens: number;
    }
  | { readonly kind: 'emptyPrompt' }
  | { readonly kind: 'tooManyWaiting' }
  | { readonly kind: 'engineFailed'; readonly detail: string };
