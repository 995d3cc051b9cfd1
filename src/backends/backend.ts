import type { Result } from '../base/result.ts';
import type { NetworkGrant } from './permit.ts';

/** How a server is spoken to. Found by probing (models/detect), never read off an address. */
export type Dialect = 'ollama' | 'openai' | 'llama.cpp';

/**
 * The port behind which every model server looks the same. One object serves one endpoint.
 * Only routing/dispatcher.ts calls `generate` (invariant 3); the others carry no user code.
 * None of the methods throws for anything that a server, a network or a user can cause.
 */
export interface Backend {
  readonly dialect: Dialect;
  /** Ends with exactly one `finish` or `failed`; with neither when `signal` aborts. Stopping to read closes the socket. */
  generate(request: GenerateRequest, call: BackendCall): AsyncIterable<StreamPart>;
  listModels(call: BackendCall): Promise<Result<readonly ModelListing[], BackendError>>;
  describeModel(model: string, call: BackendCall): Promise<Result<ModelFacts, BackendError>>;
  /** Whether the model is in memory now; servers that hold one model for life always say resident. */
  residency(model: string, call: BackendCall): Promise<Result<Residency, BackendError>>;
  /** Brings the model into memory. A request of its own, which typing never cancels (invariant 14). */
  warmUp(model: string, call: BackendCall): Promise<Result<void, BackendError>>;
  /** Puts the model out of memory, to heal one that hangs; does nothing where a server cannot. */
  unload(model: string, call: BackendCall): Promise<Result<void, BackendError>>;
}

export interface BackendCall {
  readonly signal: AbortSignal;
  /** Needed for anything beyond loopback (invariant 5). */
  readonly grant?: NetworkGrant | undefined;
  /** Told when a phase of the exchange ends, at most once each, for the meter. */
  readonly onPhase?: ((phase: ExchangePhase) => void) | undefined;
}

/** requestSent: connected and the request is on the wire. headers: the status line came. firstByte: of the body. */
export type ExchangePhase = 'requestSent' | 'headers' | 'firstByte';

export interface GenerateRequest {
  readonly model: string;
  readonly prompt: RawPrompt | FimPrompt | ChatPrompt;
  readonly maxTokens: number;
  /** Strings at which the answer ends; they are not part of it. The backend cuts those that a server refuses to take. */
  readonly stop: readonly string[];
  readonly sampling: Sampling;
  /** False where the text is only wanted whole: on Ollama an aborted stream can wedge the model (real engines, 2.1). */
  readonly delivery: 'streamed' | 'whole';
  /** Asks for log-probabilities of the generated tokens where the server has them. */
  readonly withLogprobs?: boolean;
  readonly limits: ResponseLimits;
}

/** Silence is an outcome, never a wait without end (invariant 16). */
export interface ResponseLimits {
  readonly firstByteMs: number;
  readonly betweenEventsMs: number;
}

/** A finished prompt with the model's own markers in it. Text from files was neutralised before (invariant 17). */
export interface RawPrompt {
  readonly kind: 'raw';
  readonly text: string;
  /** Images and the like never come here. How many leading characters the planner expects the server to have cached. */
  readonly plannedReuseChars?: number;
  /**
   * What was typed already of the word at the cursor. `text` ends before it, and the answer is held to begin with it and leaves it
   * out. Only for models that can do this (ModelCapabilities.healsWords).
   */
  readonly typedStart?: string;
}

/** For servers that know the model's markers better than we do: Ollama's `suffix`, llama.cpp's `/infill`. */
export interface FimPrompt {
  readonly kind: 'fim';
  readonly prefix: string;
  readonly suffix: string;
  readonly extra: readonly { readonly path: string; readonly text: string }[];
}

export interface ChatPrompt {
  readonly kind: 'chat';
  readonly messages: readonly ChatMessage[];
  readonly tools?: readonly ToolDefinition[];
  /** Off, unless the user chose a level; servers switch thinking on by themselves otherwise. */
  readonly thinking: 'off' | 'low' | 'medium' | 'high';
}

export type ChatMessage =
  | { readonly role: 'system' | 'user'; readonly content: string; readonly images?: readonly ImageData[] }
  | { readonly role: 'assistant'; readonly content: string; readonly toolCalls?: readonly ToolCall[] }
  | { readonly role: 'tool'; readonly content: string; readonly toolCallId: string; readonly toolName: string };

export interface ImageData {
  readonly mimeType: string;
  readonly base64: string;
}

export interface ToolDefinition {
  readonly name: string;
  readonly description: string;
  readonly parametersJsonSchema: object;
}

export interface ToolCall {
  readonly id: string;
  readonly name: string;
  readonly argumentsJson: string;
}

/** All values are always sent: servers differ in their defaults, and vLLM takes a model's own file over them. */
export interface Sampling {
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
  readonly minP: number;
  readonly repeatPenalty: number;
  readonly seed?: number;
}

export const GREEDY: Sampling = { temperature: 0, topP: 1, topK: 1, minP: 0, repeatPenalty: 1 };

export type StreamPart =
  | { readonly type: 'text'; readonly text: string; readonly logprobs?: readonly number[] }
  | { readonly type: 'thinking'; readonly text: string }
  | { readonly type: 'toolCall'; readonly call: ToolCall }
  | {
      readonly type: 'finish';
      readonly reason: FinishReason;
      readonly usage: Usage;
      readonly serverTimings?: ServerTimings;
      /** What the provider says it charged, in millionths of a US dollar (OpenRouter's `usage.cost` is dollars). */
      readonly reportedCostMicroUsd?: number;
      /** Set when the answer itself says that another machine made it (invariant 7). */
      readonly wentRemote?: boolean;
    }
  | { readonly type: 'failed'; readonly error: BackendError };

/** cut: the stream ended without its closing event; what came is not a finished answer and is not cached. */
export type FinishReason = 'stop' | 'length' | 'toolCalls' | 'cut';

/** Unknown is undefined, never 0 (invariant 10). inputTokens includes the cached ones. */
export interface Usage {
  readonly inputTokens: number | undefined;
  readonly cachedInputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly source: 'reported' | 'estimated' | 'none';
}

export const NO_USAGE: Usage = {
  inputTokens: undefined,
  cachedInputTokens: undefined,
  outputTokens: undefined,
  source: 'none',
};

/** What the server measured itself. */
export interface ServerTimings {
  readonly queueMs?: number;
  readonly loadMs?: number;
  readonly prefillMs?: number;
  readonly decodeMs?: number;
}

export type BackendError =
  | { readonly kind: 'unreachable'; readonly detail: string }
  | { readonly kind: 'timeout'; readonly limit: 'connect' | 'firstByte' | 'betweenEvents'; readonly limitMs: number }
  | { readonly kind: 'modelMissing'; readonly model: string }
  | { readonly kind: 'modelLoading' }
  /** The model is in memory and answers nobody; unloading it and asking once more did not help. */
  | { readonly kind: 'hung'; readonly model: string }
  | { readonly kind: 'overloaded'; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'unauthorized'; readonly detail: string }
  | {
      readonly kind: 'contextTooLong';
      readonly limitTokens: number | undefined;
      readonly promptTokens: number | undefined;
    }
  | { readonly kind: 'unsupported'; readonly capability: 'fim' | 'tools' | 'thinking' | 'images' }
  | { readonly kind: 'notAnApi'; readonly detail: string }
  | { readonly kind: 'redirected'; readonly location: string }
  | { readonly kind: 'refusedByPolicy'; readonly detail: string }
  /** Plain http to an address of the internet: nothing was sent. */
  | { readonly kind: 'unencrypted'; readonly origin: string }
  | { readonly kind: 'wentRemote'; readonly host: string }
  | { readonly kind: 'badRequest'; readonly detail: string }
  | { readonly kind: 'serverFailed'; readonly status: number | undefined; readonly detail: string }
  | { readonly kind: 'protocol'; readonly detail: string };

/** Whether another candidate, or the same one later, may be asked. Decided here and nowhere else. */
export function isRetryable(error: BackendError): boolean {
  switch (error.kind) {
    case 'unreachable':
    case 'timeout':
    case 'modelMissing':
    case 'modelLoading':
    case 'hung':
    case 'overloaded':
    case 'contextTooLong':
    case 'serverFailed':
    case 'protocol':
      return true;
    case 'unauthorized':
    case 'unsupported':
    case 'notAnApi':
    case 'redirected':
    case 'refusedByPolicy':
    case 'unencrypted':
    case 'wentRemote':
    case 'badRequest':
      return false;
  }
}

export interface ModelListing {
  readonly name: string;
  readonly sizeBytes: number | undefined;
  readonly quantization: string | undefined;
  readonly parameterSize: string | undefined;
  /** The server that lists it would hand the request to another machine (invariant 7). */
  readonly isRemote: boolean;
}

export interface ModelFacts extends ModelListing {
  /** The architecture of the weights, such as "qwen2", from the model's metadata. */
  readonly architecture: string | undefined;
  /** Names the model carries in its metadata besides the one it is served under, for choosing its FIM family. */
  readonly aliases: readonly string[];
  /** The window the server allocated, else undefined: never the trained length alone. */
  readonly contextTokens: number | undefined;
  readonly trainedContextTokens: number | undefined;
  readonly capabilities: ModelCapabilities;
  /** The model's own FIM marker strings, where the server tells them. */
  readonly fimMarkers: FimMarkers | undefined;
  readonly chatTemplate: string | undefined;
}

export interface ModelCapabilities {
  /** The server itself can place a suffix (`insert` of Ollama, `/infill` of llama.cpp). */
  readonly serverFim: boolean | undefined;
  readonly chat: boolean | undefined;
  readonly tools: boolean | undefined;
  readonly thinking: boolean | undefined;
  readonly images: boolean | undefined;
  /** The server can hold an answer to begin with what was typed of a word (RawPrompt.typedStart). */
  readonly healsWords?: boolean;
}

export interface FimMarkers {
  readonly prefix: string;
  readonly suffix: string;
  readonly middle: string | undefined;
}

export type Residency =
  | {
      readonly state: 'resident';
      readonly sizeBytes?: number;
      readonly untilMs?: number;
      readonly contextTokens?: number;
    }
  | { readonly state: 'loading'; readonly fraction?: number }
  | { readonly state: 'absent' };
