import { amountAt, at, booleanAt, countAt, listAt, textAt } from '../base/untrustedJson.ts';
import type { BackendCall, ModelCapabilities, ModelFacts, ModelListing, Residency } from './backend.ts';
import { BackendFailure } from './failure.ts';
import type { Server } from './server.ts';

/** The entries of `/models`: what servers tell in them, beyond a name, differs. */
export async function modelEntries(server: Server, call: BackendCall): Promise<readonly unknown[]> {
  const answer = await server.json({ path: '/models' }, call);
  return listAt(answer, 'data').filter(entry => textAt(entry, 'id') !== undefined);
}

export async function modelEntry(server: Server, model: string, call: BackendCall): Promise<unknown> {
  const entry = (await modelEntries(server, call)).find(candidate => textAt(candidate, 'id') === model);
  if (entry === undefined) throw new BackendFailure({ kind: 'modelMissing', model });
  return entry;
}

export function listingOf(entry: unknown): ModelListing {
  return {
    name: textAt(entry, 'id') ?? '',
    sizeBytes: amountAt(entry, 'meta', 'size'),
    quantization: textAt(entry, 'quantization') ?? textAt(entry, 'meta', 'ftype'),
    parameterSize: undefined,
    isRemote: false,
  };
}

export function factsOf(entry: unknown, fimPath: string | undefined): ModelFacts {
  const root = textAt(entry, 'root');
  return {
    ...listingOf(entry),
    architecture: textAt(entry, 'arch'),
    // vLLM's `root` is the path or the repository that the model was loaded from.
    aliases: root === undefined ? [] : [root],
    contextTokens: countAt(entry, 'max_model_len') ?? countAt(entry, 'loaded_context_length'),
    trainedContextTokens: countAt(entry, 'max_context_length') ?? countAt(entry, 'context_length'),
    capabilities: {
      ...NOTHING_KNOWN,
      serverFim: fimPath !== undefined && booleanAt(entry, 'capabilities', 'completion_fim') === true,
    },
    fimMarkers: undefined,
    chatTemplate: undefined,
    ...ownFacts(entry),
  };
}

const NOTHING_KNOWN: ModelCapabilities = {
  serverFim: undefined,
  chat: undefined,
  tools: undefined,
  thinking: undefined,
  images: undefined,
};

/** The built-in engine knows its model's file, and tells all of it under a name of its own. */
function ownFacts(entry: unknown): Partial<ModelFacts> {
  const own = at(entry, 'minnow');
  if (own === undefined) return {};
  const can = (name: keyof ModelCapabilities) => booleanAt(own, 'capabilities', name);
  const [prefix, suffix] = [textAt(own, 'fimMarkers', 'prefix'), textAt(own, 'fimMarkers', 'suffix')];
  return {
    architecture: textAt(own, 'architecture'),
    aliases: listAt(own, 'aliases').filter(alias => typeof alias === 'string'),
    contextTokens: countAt(own, 'contextTokens'),
    trainedContextTokens: countAt(own, 'trainedContextTokens'),
    sizeBytes: amountAt(own, 'sizeBytes'),
    quantization: textAt(own, 'quantization'),
    parameterSize: textAt(own, 'parameterSize'),
    capabilities: {
      serverFim: can('serverFim'),
      chat: can('chat'),
      tools: can('tools'),
      thinking: can('thinking'),
      images: can('images'),
      ...(can('healsWords') && { healsWords: true }),
    },
    fimMarkers: prefix && suffix ? { prefix, suffix, middle: textAt(own, 'fimMarkers', 'middle') } : undefined,
    chatTemplate: textAt(own, 'chatTemplate'),
  };
}

/** LM Studio lists what it could load; whoever else lists a model has it in memory. */
export function residencyOf(entry: unknown): Residency {
  if (textAt(entry, 'state') === 'not-loaded') return { state: 'absent' };
  const contextTokens = countAt(entry, 'loaded_context_length');
  return { state: 'resident', ...(contextTokens !== undefined && { contextTokens }) };
}
