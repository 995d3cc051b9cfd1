import { success } from '../base/result.ts';
import { booleanAt, countAt, textAt } from '../base/untrustedJson.ts';
import type { Backend, BackendCall, ModelFacts, Residency } from './backend.ts';
import { DIALECT_ROWS } from './dialects.ts';
import { failureOf, settled } from './failure.ts';
import { LlamaDecoder } from './llamaDecoder.ts';
import { infillRequest } from './llamaInfill.ts';
import { openGeneration } from './openAiCompatible.ts';
import { OpenAiDecoder } from './openAiDecoder.ts';
import { listingOf, modelEntries, modelEntry } from './openAiModels.ts';
import { openAiRequest } from './openAiRequest.ts';
import { createServer, type Server, type ServerNeeds } from './server.ts';
import { partsOf } from './streaming.ts';

export interface LlamaServerBackendNeeds extends Omit<ServerNeeds, 'baseUrl'> {
  /** Of the server itself; a `/v1` at its end is left out. */
  readonly url: string;
}

/** llama.cpp's own server: its `/infill` and its properties beside the OpenAI protocol that it speaks for the rest. */
export function createLlamaServerBackend(needs: LlamaServerBackendNeeds): Backend {
  const root = needs.url.replace(/\/+$/, '').replace(/\/v1$/, '');
  const native = createServer({ ...needs, baseUrl: root });
  const openAi = createServer({ ...needs, baseUrl: `${root}/v1` });
  const row = DIALECT_ROWS['llama.cpp'];
  // The server has one model and one size of slot for life.
  let contextTokens: number | undefined;
  let infill: boolean | undefined;
  return {
    dialect: 'llama.cpp',
    generate(request, call) {
      const { prompt } = request;
      const nowMs = needs.clock.nowMs();
      if (prompt.kind === 'fim') {
        const body = infillRequest(request, prompt, { row, contextTokens });
        const open = () => openGeneration(native, { path: '/infill', body }, request, call);
        return partsOf(open, new LlamaDecoder(request.model, nowMs), request, call.signal);
      }
      const open = async () => openGeneration(openAi, openAiRequest(request, row), request, call);
      return partsOf(open, new OpenAiDecoder(request.model, nowMs), request, call.signal);
    },
    listModels: call => settled(async () => (await modelEntries(openAi, call)).map(listingOf)),
    describeModel: (model, call) =>
      settled(async () => {
        const entry = await modelEntry(openAi, model, call);
        // Asked once only: the question takes a slot, and with it the prompt that the slot had in its cache.
        infill ??= await hasInfill(native, call);
        const facts = factsOf(entry, await native.json({ path: '/props' }, call), infill);
        contextTokens = facts.contextTokens;
        return facts;
      }),
    residency: (_model, call) => settled(() => residency(native, call)),
    warmUp: async () => success(undefined),
    unload: async () => success(undefined),
  };
}

function factsOf(entry: unknown, props: unknown, infill: boolean | undefined): ModelFacts {
  const path = textAt(props, 'model_path');
  const template = textAt(props, 'chat_template');
  return {
    ...listingOf(entry),
    architecture: textAt(entry, 'meta', 'architecture'),
    aliases: path === undefined ? [] : [path],
    contextTokens: countAt(props, 'default_generation_settings', 'n_ctx') ?? countAt(entry, 'meta', 'n_ctx'),
    trainedContextTokens: countAt(entry, 'meta', 'n_ctx_train'),
    capabilities: {
      serverFim: infill,
      chat: template === undefined ? undefined : template !== '',
      tools: booleanAt(props, 'chat_template_caps', 'supports_tools'),
      thinking: undefined,
      images: booleanAt(props, 'modalities', 'vision'),
    },
    fimMarkers: undefined,
    chatTemplate: template,
  };
}

/** The server tells only by trying. An empty text and no token to generate: nothing of the user's goes with it. */
async function hasInfill(native: Server, call: BackendCall): Promise<boolean | undefined> {
  const body = { input_prefix: '', input_suffix: '', n_predict: 0 };
  const answer = await settled(() => native.json({ path: '/infill', body }, call));
  if (answer.ok) return true;
  return answer.error.kind === 'unsupported' ? false : undefined;
}

async function residency(native: Server, call: BackendCall): Promise<Residency> {
  try {
    await native.json({ path: '/health' }, call);
    return { state: 'resident' };
  } catch (thrown) {
    if (failureOf(thrown).kind === 'modelLoading') return { state: 'loading' };
    throw thrown;
  }
}
