import { Ollama } from 'ollama/browser';
import type { Clock } from '../base/clock.ts';
import { listAt, textAt } from '../base/untrustedJson.ts';
import type {
  Backend,
  BackendCall,
  FimMarkers,
  GenerateRequest,
  ModelFacts,
  Residency,
  ResponseLimits,
} from './backend.ts';
import { BackendFailure, settled } from './failure.ts';
import type { Http } from './http.ts';
import { OllamaDecoder } from './ollamaDecoder.ts';
import {
  contextInParameters,
  factsOfShow,
  hasMarkerIds,
  isCloudName,
  listingOfTag,
  markersOf,
  residencyOf,
  withTag,
} from './ollamaModels.ts';
import { loadFields, type OllamaFixed, type OllamaRunnerOptions, ollamaRequest } from './ollamaRequest.ts';
import { ollamaTransport } from './ollamaTransport.ts';
import { watchForHangs } from './ollamaWatchdog.ts';
import { authorization, type KeyFor, LOAD_LIMITS, LOOKUP_LIMITS } from './server.ts';
import { partsOf, type Reading } from './streaming.ts';

export interface OllamaBackendNeeds {
  readonly http: Http;
  readonly clock: Clock;
  readonly url: string;
  /** A reverse proxy before it may want a key; Ollama itself does not. */
  readonly keyFor: KeyFor;
  readonly keepAliveMinutes: () => number;
  /** The same for all requests to one model, else each change would load it anew (invariant 14). */
  readonly runnerOptions: (model: string) => OllamaRunnerOptions;
  /** As detection found it; what the counts mean depends on it. */
  readonly serverVersion: string | undefined;
  /** A model that no longer answered was unloaded and is asked again. To be told to the user, once. */
  readonly onHealed?: (model: string) => void;
}

/** Ollama by its native protocol: the OpenAI one has no place for raw prompts, keep-alive or the size of the context. */
export function createOllamaBackend(needs: OllamaBackendNeeds): Backend {
  const server = new OllamaServer(needs);
  const backend: Backend = {
    dialect: 'ollama',
    generate(request, call) {
      const decoder = new OllamaDecoder({
        serverVersion: needs.serverVersion,
        isKnownRemote: server.isKnownRemote(request.model),
      });
      return partsOf(() => server.open(request, call), decoder, request, call.signal);
    },
    listModels: call => settled(async () => (await server.tags(call)).map(listingOfTag)),
    describeModel: (model, call) => settled(() => server.describe(model, call)),
    residency: (model, call) => settled(() => server.residency(model, call)),
    warmUp: (model, call) => settled(() => server.load(model, call)),
    unload: (model, call) => settled(() => server.unload(model, call)),
  };
  return watchForHangs(backend, { ...needs, onHealed: model => needs.onHealed?.(model) });
}

/** More models than one server has. */
const FILES_REMEMBERED = 256;

/** The calls to one Ollama, and what was learned of its models. All throw BackendFailure. */
class OllamaServer {
  readonly #needs: OllamaBackendNeeds;
  readonly #remoteModels = new Set<string>();
  readonly #loading = new Set<string>();
  readonly #markersOfFile = new Map<string, FimMarkers>();

  constructor(needs: OllamaBackendNeeds) {
    this.#needs = needs;
  }

  isKnownRemote(model: string): boolean {
    return isCloudName(model) || this.#remoteModels.has(withTag(model));
  }

  async open(request: GenerateRequest, call: BackendCall): Promise<Reading<unknown>> {
    const { kind, body } = ollamaRequest(request, this.#fixed(request.model));
    // The client can neither abort nor close one request, so leaving the answer early goes through this signal.
    const left = new AbortController();
    const signal = AbortSignal.any([call.signal, left.signal]);
    const { client, isCut } = await this.#client({ ...call, signal }, request.limits, request.model);
    const asked = body as { model: string; stream: true; prompt: string };
    const answer: unknown = await (kind === 'chat' ? client.chat(asked) : client.generate(asked));
    const events =
      request.delivery === 'streamed' ? chunks(answer as AsyncIterable<unknown>, isCut, left) : once(answer);
    return { events, done() {} };
  }

  async tags(call: BackendCall): Promise<readonly unknown[]> {
    const { client } = await this.#client(call, LOOKUP_LIMITS);
    const entries = listAt(await client.list(), 'models');
    for (const listing of entries.map(listingOfTag)) this.#noteRemote(listing.name, listing.isRemote);
    return entries;
  }

  async describe(model: string, call: BackendCall): Promise<ModelFacts> {
    const [shown, tags, residency] = await Promise.all([
      this.#show({ model }, call),
      this.tags(call),
      this.residency(model, call),
    ]);
    const tag = tags.find(entry => withTag(textAt(entry, 'name') ?? '') === withTag(model)) ?? { name: model };
    const markers = hasMarkerIds(shown) ? await this.#markers(model, textAt(tag, 'digest'), call) : undefined;
    const allocated = residency.state === 'resident' ? residency.contextTokens : undefined;
    const contextTokens = allocated ?? this.#needs.runnerOptions(model).num_ctx ?? contextInParameters(shown);
    const facts = factsOfShow({ listing: { ...listingOfTag(tag), name: model }, shown, markers, contextTokens });
    this.#noteRemote(model, facts.isRemote);
    return facts;
  }

  /** Asked once for the same file: a vocabulary is megabytes of JSON, and models are looked at again and again. */
  async #markers(model: string, digest: string | undefined, call: BackendCall): Promise<FimMarkers | undefined> {
    const known = digest === undefined ? undefined : this.#markersOfFile.get(digest);
    if (known) return known;
    const markers = markersOf(await this.#show({ model, verbose: true }, call));
    if (digest !== undefined && markers && this.#markersOfFile.size < FILES_REMEMBERED) {
      this.#markersOfFile.set(digest, markers);
    }
    return markers;
  }

  async residency(model: string, call: BackendCall): Promise<Residency> {
    const { client } = await this.#client(call, LOOKUP_LIMITS);
    const entry = listAt(await client.ps(), 'models').find(
      candidate => withTag(textAt(candidate, 'name') ?? '') === withTag(model),
    );
    if (entry !== undefined) return residencyOf(entry);
    return this.#loading.has(withTag(model)) ? { state: 'loading' } : { state: 'absent' };
  }

  /** An empty prompt loads the model and generates nothing. */
  async load(model: string, call: BackendCall): Promise<void> {
    this.#loading.add(withTag(model));
    try {
      const { client } = await this.#client(call, LOAD_LIMITS, model);
      await client.generate({ ...loadFields(model, this.#fixed(model)), prompt: '' });
    } finally {
      this.#loading.delete(withTag(model));
    }
  }

  async unload(model: string, call: BackendCall): Promise<void> {
    const { client } = await this.#client(call, LOOKUP_LIMITS, model);
    await client.generate({ model, prompt: '', keep_alive: 0 });
  }

  async #show(request: { model: string; verbose?: boolean }, call: BackendCall): Promise<unknown> {
    const { client } = await this.#client(call, LOOKUP_LIMITS, request.model);
    return client.show(request);
  }

  #fixed(model: string): OllamaFixed {
    return {
      keepAliveMinutes: this.#needs.keepAliveMinutes(),
      runnerOptions: this.#needs.runnerOptions(model),
      hasThinkingLevels: /(^|\/)gpt-oss\b/.test(model),
    };
  }

  #noteRemote(model: string, isRemote: boolean): void {
    if (isRemote) this.#remoteModels.add(withTag(model));
    else this.#remoteModels.delete(withTag(model));
  }

  /** A client of its own for each call: the injected fetch is bound to the call's signal, limits and grant. */
  async #client(call: BackendCall, limits: ResponseLimits, model?: string) {
    const { http, clock, url, keyFor } = this.#needs;
    const exchange = { ...call, limits, headers: await authorization(url, keyFor) };
    const { fetch, isCut } = ollamaTransport(http, exchange, { model, nowMs: clock.nowMs() });
    return { client: new Ollama({ host: url, fetch }), isCut };
  }
}

async function* chunks(
  answer: AsyncIterable<unknown>,
  isCut: () => boolean,
  left: AbortController,
): AsyncGenerator<unknown> {
  try {
    yield* answer;
  } catch (thrown) {
    // The client throws for a stream without its closing line; to us that is an answer that was cut.
    if (thrown instanceof BackendFailure || !isCut()) throw thrown;
  } finally {
    left.abort();
  }
}

async function* once(answer: unknown): AsyncGenerator<unknown> {
  yield answer;
}
