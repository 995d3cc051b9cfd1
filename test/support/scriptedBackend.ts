import type {
  Backend,
  BackendCall,
  BackendError,
  ModelFacts,
  Residency,
  StreamPart,
} from '../../src/backends/backend.ts';
import { failure, type Result, success } from '../../src/base/result.ts';
import type { Candidate, Endpoint } from '../../src/routing/endpoint.ts';

export function modelFacts(name: string, facts: Partial<ModelFacts> = {}): ModelFacts {
  return {
    name,
    sizeBytes: undefined,
    quantization: 'Q4_K_M',
    parameterSize: undefined,
    isRemote: false,
    architecture: 'qwen2',
    aliases: [],
    contextTokens: undefined,
    trainedContextTokens: 32_768,
    capabilities: { serverFim: undefined, chat: true, tools: undefined, thinking: undefined, images: undefined },
    fimMarkers: undefined,
    chatTemplate: undefined,
    ...facts,
  };
}

/** A model server without a network: tests say what it has and what it answers. */
export class ScriptedBackend implements Backend {
  readonly dialect;
  models: ModelFacts[] = [];
  resident = new Map<string, Residency>();
  failWith: BackendError | undefined;
  parts: readonly StreamPart[] = [];
  readonly calls: string[] = [];
  /** Held back until resolved, where a test wants to see the time in between. */
  warmUpGate: Promise<void> | undefined;

  constructor(dialect: Backend['dialect'] = 'ollama') {
    this.dialect = dialect;
  }

  async *generate(): AsyncGenerator<StreamPart> {
    yield* this.parts;
  }

  async listModels() {
    this.calls.push('list');
    return this.#answer(this.models);
  }

  async describeModel(model: string) {
    this.calls.push(`describe ${model}`);
    const found = this.models.find(({ name }) => name === model);
    return found || this.failWith
      ? this.#answer(found as ModelFacts)
      : failure({ kind: 'modelMissing' as const, model });
  }

  async residency(model: string) {
    this.calls.push(`residency ${model}`);
    return this.#answer<Residency>(this.resident.get(model) ?? { state: 'absent' });
  }

  async warmUp(model: string, call: BackendCall): Promise<Result<void, BackendError>> {
    this.calls.push(`warmUp ${model}`);
    await this.warmUpGate;
    if (call.signal.aborted) this.calls.push('warmUp aborted');
    this.resident.set(model, { state: 'resident' });
    return this.#answer(undefined);
  }

  async unload(model: string) {
    this.calls.push(`unload ${model}`);
    this.resident.delete(model);
    return this.#answer(undefined);
  }

  #answer<T>(value: T): Result<T, BackendError> {
    return this.failWith ? failure(this.failWith) : success(value);
  }
}

export function endpointOf(backend: Backend, name = 'ollama', url = 'http://127.0.0.1:11434'): Endpoint {
  return {
    name,
    origin: new URL(url).origin,
    locality: 'loopback',
    backend,
    contactGrant: undefined,
    setting: { name, url, dialect: 'auto' },
  };
}

export function candidateOf(backend: Backend, facts: Partial<Candidate> = {}): Candidate {
  return { rung: 'edge', endpoint: endpointOf(backend), model: modelFacts('tiny'), ...facts };
}
