import { success } from '../base/result.ts';
import { readEvents, readText } from './answer.ts';
import type { Backend, BackendCall, GenerateRequest } from './backend.ts';
import { DIALECT_ROWS, type Flavor } from './dialects.ts';
import { BackendFailure, settled } from './failure.ts';
import { OpenAiDecoder } from './openAiDecoder.ts';
import { factsOf, listingOf, modelEntries, modelEntry, residencyOf } from './openAiModels.ts';
import { openAiRequest } from './openAiRequest.ts';
import { RefusedFields } from './refusedFields.ts';
import { createServer, LOAD_LIMITS, type Server, type ServerNeeds } from './server.ts';
import { partsOf, type Reading } from './streaming.ts';

export interface OpenAiBackendNeeds extends Omit<ServerNeeds, 'baseUrl'> {
  /** With the path that `/models` stands behind; an address without any path means `/v1`. */
  readonly url: string;
  readonly flavor: Flavor;
}

/** vLLM, TensorRT-LLM, LM Studio, the built-in engine, remote vendors: whoever speaks OpenAI's protocol. */
export function createOpenAiBackend(needs: OpenAiBackendNeeds): Backend {
  const baseUrl = openAiBaseUrl(needs.url);
  const server = createServer({ ...needs, baseUrl });
  const loadsOnDemand = needs.flavor === 'lmstudio';
  // LM Studio's list of its own has what the one of the protocol leaves out: windows, quantizations, what is loaded.
  const models = loadsOnDemand ? createServer({ ...needs, baseUrl: baseUrl.replace(/\/v1$/, '/api/v0') }) : server;
  const row = DIALECT_ROWS[needs.flavor];
  const refused = new RefusedFields();
  const open = async (request: GenerateRequest, call: BackendCall): Promise<Reading<string>> => {
    const { path, body } = openAiRequest(request, row);
    for (;;) {
      try {
        return await openGeneration(server, { path, body: refused.without(request.model, body) }, request, call);
      } catch (thrown) {
        const field = thrown instanceof BackendFailure ? thrown.refusedField : undefined;
        if (field === undefined || !(field in body) || !refused.learn(request.model, field)) throw thrown;
      }
    }
  };
  return {
    dialect: 'openai',
    generate(request, call) {
      const decoder = new OpenAiDecoder(request.model, needs.clock.nowMs());
      return partsOf(() => open(request, call), decoder, request, call.signal);
    },
    listModels: call => settled(async () => (await modelEntries(models, call)).map(listingOf)),
    describeModel: (model, call) => settled(async () => factsOf(await modelEntry(models, model, call), row.fimPath)),
    residency: async (model, call) =>
      loadsOnDemand
        ? settled(async () => residencyOf(await modelEntry(models, model, call)))
        : success({ state: 'resident' }),
    warmUp: async (model, call) =>
      loadsOnDemand ? settled(() => generateOneToken(server, model, call)) : success(undefined),
    unload: async () => success(undefined),
  };
}

/** A server that loads on demand has no other way to be asked for it. */
async function generateOneToken(server: Server, model: string, call: BackendCall): Promise<void> {
  const body = { model, prompt: ' ', max_tokens: 1, stream: false };
  await readText(await server.open({ path: '/completions', body, model, limits: LOAD_LIMITS }, call));
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
