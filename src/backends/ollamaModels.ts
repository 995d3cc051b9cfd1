import { amountAt, at, countAt, listAt, numberAt, textAt } from '../base/untrustedJson.ts';
import type { FimMarkers, ModelFacts, ModelListing, Residency } from './backend.ts';

/** Ollama's full name of a model: the tag `latest` is meant where none is given. */
export function withTag(model: string): string {
  return model.slice(model.lastIndexOf('/') + 1).includes(':') ? model : `${model}:latest`;
}

/** Naming such a model is enough for the server to send the request to its maker's machines (invariant 7). */
export function isCloudName(model: string): boolean {
  return /(:|-)cloud$/.test(model);
}

export function isRemoteEntry(entry: unknown): boolean {
  return Boolean(textAt(entry, 'remote_host') || textAt(entry, 'remote_model'));
}

/** One entry of `/api/tags`. */
export function listingOfTag(entry: unknown): ModelListing {
  const name = textAt(entry, 'name') ?? '';
  return {
    name,
    sizeBytes: amountAt(entry, 'size'),
    quantization: textAt(entry, 'details', 'quantization_level') || undefined,
    parameterSize: textAt(entry, 'details', 'parameter_size') || undefined,
    isRemote: isCloudName(name) || isRemoteEntry(entry),
  };
}

/** The ids under which GGUF files name their markers, in older files and in newer ones. */
const MARKER_IDS = {
  prefix: ['fim_pre_token_id', 'prefix_token_id'],
  suffix: ['fim_suf_token_id', 'suffix_token_id'],
  middle: ['fim_mid_token_id', 'middle_token_id'],
} as const;

function markerId(info: unknown, which: keyof typeof MARKER_IDS): number | undefined {
  return MARKER_IDS[which].map(key => countAt(info, `tokenizer.ggml.${key}`)).find(id => id !== undefined);
}

/** Whether it is worth asking for the vocabulary, which takes megabytes. */
export function hasMarkerIds(shown: unknown): boolean {
  const info = at(shown, 'model_info');
  return markerId(info, 'prefix') !== undefined && markerId(info, 'suffix') !== undefined;
}

/** The model's own markers, from the answer to a verbose `/api/show`. */
export function markersOf(shownVerbose: unknown): FimMarkers | undefined {
  const info = at(shownVerbose, 'model_info');
  const tokens = listAt(info, 'tokenizer.ggml.tokens');
  const token = (which: keyof typeof MARKER_IDS) => {
    const id = markerId(info, which);
    const text = id === undefined ? undefined : tokens[id];
    return typeof text === 'string' && text !== '' ? text : undefined;
  };
  const [prefix, suffix] = [token('prefix'), token('suffix')];
  return prefix && suffix ? { prefix, suffix, middle: token('middle') } : undefined;
}

export interface OllamaFacts {
  readonly listing: ModelListing;
  readonly shown: unknown;
  readonly markers: FimMarkers | undefined;
  /** What the server allocated, where the model is in memory, else what this or the model's own file asks for. */
  readonly contextTokens: number | undefined;
}

export function factsOfShow({ listing, shown, markers, contextTokens }: OllamaFacts): ModelFacts {
  const info = at(shown, 'model_info');
  const architecture = textAt(info, 'general.architecture') ?? textAt(shown, 'details', 'family');
  const capabilities = at(shown, 'capabilities') === undefined ? undefined : listAt(shown, 'capabilities');
  const can = (name: string) => capabilities?.includes(name);
  return {
    ...listing,
    isRemote: listing.isRemote || isRemoteEntry(shown),
    architecture,
    aliases: ['general.basename', 'general.name'].flatMap(key => textAt(info, key) ?? []),
    contextTokens,
    trainedContextTokens: countAt(info, `${architecture}.context_length`),
    capabilities: {
      serverFim: can('insert'),
      chat: capabilities && (textAt(shown, 'template') ?? '') !== '' ? can('completion') : undefined,
      tools: can('tools'),
      thinking: can('thinking'),
      images: can('vision'),
    },
    fimMarkers: markers,
    chatTemplate: textAt(shown, 'template') || undefined,
  };
}

/** `num_ctx` of the model's own file: the parameters come as lines of text. */
export function contextInParameters(shown: unknown): number | undefined {
  const value = /^num_ctx\s+(\d+)\s*$/m.exec(textAt(shown, 'parameters') ?? '')?.[1];
  return value === undefined ? undefined : Number(value);
}

/** One entry of `/api/ps`. */
export function residencyOf(entry: unknown): Residency {
  const sizeBytes = amountAt(entry, 'size');
  const untilMs = Date.parse(textAt(entry, 'expires_at') ?? '');
  const contextTokens = numberAt(entry, 'context_length');
  return {
    state: 'resident',
    ...(sizeBytes !== undefined && { sizeBytes }),
    ...(Number.isFinite(untilMs) && { untilMs }),
    ...(contextTokens !== undefined && { contextTokens }),
  };
}
