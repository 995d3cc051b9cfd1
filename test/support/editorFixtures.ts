import type { RecentOutcome } from '../../src/completion/completionEngine.ts';
import type { CompletionOutcome } from '../../src/completion/outcome.ts';
import type { RequestRecord } from '../../src/metering/requestRecord.ts';
import type { EngineProblem } from '../../src/routing/endpoint.ts';

/** One of each state of the engine, so that no test forgets one: the compiler wants every kind. */
export const EVERY_PROBLEM: { readonly [K in EngineProblem['kind']]: Extract<EngineProblem, { kind: K }> } = {
  starting: { kind: 'starting' },
  notSetUp: { kind: 'notSetUp' },
  endpointUnknown: { kind: 'endpointUnknown', endpoint: 'team' },
  serverNotRunning: {
    kind: 'serverNotRunning',
    endpoint: 'ollama',
    url: 'http://127.0.0.1:11434',
    detail: 'ECONNREFUSED',
  },
  notAnApi: { kind: 'notAnApi', endpoint: 'team', url: 'http://127.0.0.1:8080', detail: 'a web page' },
  unauthorized: { kind: 'unauthorized', endpoint: 'team', url: 'https://llm.example' },
  serverSilent: { kind: 'serverSilent', endpoint: 'ollama', url: 'http://127.0.0.1:11434', limitMs: 10_000 },
  redirected: { kind: 'redirected', endpoint: 'team', location: 'https://elsewhere.example/' },
  serverFailed: { kind: 'serverFailed', endpoint: 'ollama', detail: 'status 500' },
  modelMissing: {
    kind: 'modelMissing',
    endpoint: 'ollama',
    model: 'qwen2.5-coder:1.5b',
    pullCommand: 'ollama pull qwen2.5-coder:1.5b',
  },
  modelLoading: { kind: 'modelLoading', model: 'qwen2.5-coder:1.5b', fraction: 0.38 },
  modelWithoutFim: { kind: 'modelWithoutFim', endpoint: 'ollama', model: 'llama3.2:1b' },
  modelRemote: { kind: 'modelRemote', endpoint: 'ollama', model: 'gpt-oss:120b-cloud' },
  modelHung: { kind: 'modelHung', endpoint: 'ollama', model: 'qwen2.5-coder:1.5b' },
  promptTooLong: { kind: 'promptTooLong', model: 'qwen2.5-coder:1.5b', limitTokens: 2048 },
  unencrypted: { kind: 'unencrypted', endpoint: 'team', origin: 'http://203.0.113.5:8000' },
  notPermitted: { kind: 'notPermitted', endpoint: 'team', origin: 'http://192.168.1.5:8000' },
  embeddedAbsent: { kind: 'embeddedAbsent', detail: 'its native part is missing' },
  embeddedFileMissing: { kind: 'embeddedFileMissing', path: '/models/x.gguf' },
  embeddedFileDamaged: { kind: 'embeddedFileDamaged', path: '/models/x.gguf', detail: 'no GGUF header' },
  embeddedCrashed: { kind: 'embeddedCrashed', detail: 'exit code 139' },
};

export function requestRecord(changes: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id: 'request-1',
    startedAtMs: 1000,
    purpose: 'completion',
    rung: 'edge',
    attempt: 1,
    endpoint: 'ollama',
    dialect: 'ollama',
    model: 'qwen2.5-coder:1.5b',
    quantization: 'Q4_K_M',
    locality: 'loopback',
    languageId: 'python',
    spans: {
      debounceMs: 0,
      contextMs: 3.2,
      queueMs: 0,
      connectMs: 1,
      firstTokenMs: 41,
      generateMs: 36,
      trimMs: 1,
      totalMs: 82.2,
    },
    usage: { inputTokens: 1204, cachedInputTokens: 1180, outputTokens: 14, source: 'reported' },
    plannedReuseTokens: undefined,
    costMicroUsd: 0,
    costSource: 'local',
    priceAsOf: undefined,
    outcome: { kind: 'answered' },
    ...changes,
  };
}

export function recentOutcome(changes: Partial<RecentOutcome> = {}): RecentOutcome {
  return {
    atMs: Date.UTC(2026, 10, 23, 12, 4, 31),
    durationMs: 84,
    uri: 'file:///w/sched.py',
    line: 41,
    trigger: 'automatic',
    outcome: shown('stream'),
    ...changes,
  };
}

export function shown(from: Extract<CompletionOutcome, { kind: 'shown' }>['from']): CompletionOutcome {
  return {
    kind: 'shown',
    from,
    suggestion: { id: 'suggestion-1', requestId: 'request-1', text: 'return total', replacedSuffixChars: 0 },
  };
}
