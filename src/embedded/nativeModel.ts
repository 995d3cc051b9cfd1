/**
 * The port to llama.cpp: a loaded model with a number of sequences, each of which is a row of evaluated tokens (its KV
 * cache). Everything above it (sessions, protocol) runs without native parts; llamaModel.ts is the real one.
 */
export interface NativeModel {
  readonly facts: NativeModelFacts;
  /** `markers`: the model's control tokens in the text are read as such. `asText`: they stay text; for what users wrote. */
  tokenize(text: string, reading: 'markers' | 'asText'): readonly number[];
  /** A finished prompt: its markers count, and the token that the model wants in front of every text is there. */
  tokenizePrompt(text: string): readonly number[];
  /** The text that `tokens` add after `before`. Ends in U+FFFD while a character is not complete. */
  detokenize(tokens: readonly number[], before: readonly number[]): string;
  /** The text of one token by itself; empty for control tokens. */
  tokenText(token: number): string;
  isEndOfGeneration(token: number): boolean;
  /** The conversation in the model's own chat template, ready to be answered. */
  renderChat(messages: readonly EmbeddedChatMessage[]): readonly number[];
  createSampler(sampling: EmbeddedSampling): NativeSampler;
  /** Evaluates all rows in one batch. Never two at a time, and nothing inside one can be interrupted. */
  evaluate(rows: readonly EvaluationRow[], threads: number): Promise<readonly (readonly SampledToken[])[]>;
  /** Drops the sequence's tokens from a position on. False where the model cannot drop a part (recurrent ones). */
  truncate(sequence: number, fromPosition: number): boolean;
  /** Makes `target` hold what `source` holds. */
  fork(source: number, target: number): Promise<void>;
  dispose(): Promise<void>;
}

export interface NativeModelFacts {
  /** The name it is served under: the file's name without its ending. */
  readonly name: string;
  readonly architecture: string | undefined;
  /** Names that the file's metadata carries, for choosing a fill-in-the-middle family. */
  readonly aliases: readonly string[];
  /** What one sequence can hold. */
  readonly contextTokens: number;
  readonly trainedContextTokens: number;
  readonly sizeBytes: number;
  readonly quantization: string | undefined;
  readonly parameterSize: string | undefined;
  readonly fimMarkers:
    | { readonly prefix: string; readonly suffix: string; readonly middle: string | undefined }
    | undefined;
  readonly chatTemplate: string | undefined;
  readonly vocabularyTokens: number;
  readonly maxBatchTokens: number;
  /** Whether a sequence can drop its last tokens; recurrent models cannot. */
  readonly canTruncate: boolean;
  /** At least two: one for completion, one for chat. More are completion's. */
  readonly sequences: number;
}

export interface EmbeddedChatMessage {
  readonly role: string;
  readonly content: string;
}

export interface EmbeddedSampling {
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly minP: number;
  readonly repeatPenalty: number;
  readonly seed: number | undefined;
}

/** Holds the random state and the penalised tokens of one generation. */
export interface NativeSampler {
  dispose(): void;
}

export interface EvaluationRow {
  readonly sequence: number;
  /** Where the first of the tokens stands in the sequence. */
  readonly position: number;
  readonly tokens: readonly number[];
  /**
   * Indices in `tokens` after which the next token is to be sampled, ascending. Sampling ends with the first sample that is not
   * the token which follows in the row: from there on the row was a guess that has turned out wrong.
   */
  readonly sampleAfter: readonly number[];
  readonly sampler: NativeSampler;
  readonly withLogprobs: boolean;
  /** When given, no other token may be sampled. Log-probabilities then count only these. */
  readonly allowed: readonly number[] | undefined;
}

export interface SampledToken {
  readonly token: number;
  readonly logprob: number | undefined;
}
