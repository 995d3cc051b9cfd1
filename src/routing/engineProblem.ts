import type { Backend, BackendError } from '../backends/backend.ts';
import type { Endpoint, EngineProblem } from './endpoint.ts';

/** Of a candidate, what is known even before its server or its model was described. */
export interface Asked {
  readonly endpoint: Pick<Endpoint, 'name' | 'origin' | 'setting'> & { readonly backend?: Pick<Backend, 'dialect'> };
  readonly model: { readonly name: string };
}

/** What a failed request says about the engine, in the words that people are shown. */
export function problemOf(error: BackendError, candidate: Asked): EngineProblem {
  const endpoint = candidate.endpoint.name;
  const url = candidate.endpoint.setting.url;
  const model = candidate.model.name;
  switch (error.kind) {
    case 'unreachable':
      return { kind: 'serverNotRunning', endpoint, url, detail: error.detail };
    case 'timeout':
      return error.limit === 'connect'
        ? { kind: 'serverNotRunning', endpoint, url, detail: `no connection within ${error.limitMs} ms` }
        : { kind: 'serverSilent', endpoint, url, limitMs: error.limitMs };
    case 'modelMissing':
      return { kind: 'modelMissing', endpoint, model, pullCommand: pullCommandOf(candidate) };
    case 'modelLoading':
      return { kind: 'modelLoading', model, fraction: undefined };
    case 'hung':
      return { kind: 'modelHung', endpoint, model };
    case 'unauthorized':
      return { kind: 'unauthorized', endpoint, url };
    case 'contextTooLong':
      return { kind: 'promptTooLong', model, limitTokens: error.limitTokens };
    case 'unsupported':
      return error.capability === 'fim'
        ? { kind: 'modelWithoutFim', endpoint, model }
        : { kind: 'serverFailed', endpoint, detail: `${model} does not support ${error.capability}` };
    case 'notAnApi':
      return { kind: 'notAnApi', endpoint, url, detail: error.detail };
    case 'redirected':
      return { kind: 'redirected', endpoint, location: error.location };
    case 'wentRemote':
      return { kind: 'modelRemote', endpoint, model };
    case 'refusedByPolicy':
      return { kind: 'notPermitted', endpoint, origin: candidate.endpoint.origin };
    case 'unencrypted':
      return { kind: 'unencrypted', endpoint, origin: error.origin };
    case 'overloaded':
      return { kind: 'serverFailed', endpoint, detail: 'the server has too many requests waiting' };
    case 'badRequest':
    case 'protocol':
      return { kind: 'serverFailed', endpoint, detail: error.detail };
    case 'serverFailed':
      return { kind: 'serverFailed', endpoint, detail: error.detail };
  }
}

/** The command that brings a missing model, for servers that have one. */
export function pullCommandOf(candidate: Asked): string | undefined {
  return candidate.endpoint.backend?.dialect === 'ollama' ? `ollama pull ${candidate.model.name}` : undefined;
}
