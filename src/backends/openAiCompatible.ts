import { success } from '../base/result.ts';
import { amountAt, at, booleanAt, countAt, listAt, textAt } from '../base/untrustedJson.ts';
import { readEvents } from './answer.ts';
import type { Backend, BackendCall, GenerateRequest, ModelCapabilities, ModelFacts, ModelListing } from './backend.ts';
import { DIALECT_ROWS, type Flavor } from './dialects.ts';
import { BackendFailure, settled } from './failure.ts';
import { OpenAiDecoder } from './openAiDecoder.ts';
import { openAiRequest } from './openAiRequest.ts';
import { createServer, type Server, type ServerNeeds } from './server.ts';
import { partsOf, type Reading } from './streaming.ts';

export interface OpenAiBackendNeeds extends Omit<ServerNeeds, 'baseUrl'> {
  /** With the path that `/models` stands behind; an address without any path means `/v1`. */
  readonly url: string;
  readonly flavor: Flavor;
}

/** vLLM, TensorRT-LLM, LM Studio, the built-in engine, remote vendors: whoever speaks OpenAI's protocol. */
export function createOpenAiBackend(needs: OpenAiBackendNeeds): Backend {
  const server = createServer({ ...needs, baseUrl: openAiBaseUrl(needs.url) });
  const row = DIALECT_ROWS[needs.flavor];
  return {
    dialect: 'openai',
    generate(request, call) {
      const decoder = new OpenAiDecoder(request.model, needs.clock.nowMs());
      return partsOf(
        () => openGeneration(server, openAiRequest(request, row), request, call),
        decoder,
        request,
        call.signal,
      );
    },
    listModels: call => settled(async () => (await modelEntries(server, call)).map(listingOf)),
    describeModel: (model, call) => settled(async () => factsOf(await modelEntry(server, model, call), row.fimPath)),
    residency: async () => success({ state: 'resident' }),
    warmUp: async () => success(undefined),
    unload: async () => success(undefined),
  };
}

/** `http://host:8000` means its `/v1`; any path that was given stands. */
export function openAiBaseUrl(url: string): string {
  const path = URL.parse(url)?.pathname ?? '/';
  const bare = url.replace(/\/+$/, '');
  return path === '/' ? `${bare}/v1` : bare;
}

export async function openGeneration(
  server: Server,
  { path, body }: { readonly path: string; readonly body: object },
  { model, limits }: Pick<GenerateRequest, 'model' | 'limits'>,
  call: BackendCall,
): Promise<Reading<string>> {
  const response = await server.open({ path, body, model, limits }, call);
  return { events: readEvents(response), done: response.done };
}

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

function factsOf(entry: unknown, fimPath: string | undefined): ModelFacts {
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
    },
    fimMarkers: prefix && suffix ? { prefix, suffix, middle: textAt(own, 'fimMarkers', 'middle') } : undefined,
    chatTemplate: textAt(own, 'chatTemplate'),
  };
}
