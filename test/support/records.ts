import type { AcceptanceRecord, RequestRecord } from '../../src/metering/requestRecord.ts';

/** A request as a local completion leaves it; what a test is about is given. */
export function requestRecord(overrides: Partial<RequestRecord> = {}): RequestRecord {
  return {
    id: 'r1',
    startedAtMs: 1_000,
    purpose: 'completion',
    rung: 'edge',
    attempt: 1,
    endpoint: 'ollama',
    dialect: 'ollama',
    model: 'qwen2.5-coder:1.5b',
    quantization: 'Q4_K_M',
    locality: 'loopback',
    languageId: 'typescript',
    spans: {
      debounceMs: 50,
      contextMs: 3,
      queueMs: 0,
      connectMs: 1,
      firstTokenMs: 40,
      generateMs: 36,
      trimMs: 1,
      totalMs: 131,
    },
    usage: { inputTokens: 1_204, cachedInputTokens: 1_180, outputTokens: 14, source: 'reported' },
    plannedReuseTokens: 1_100,
    costMicroUsd: 0,
    costSource: 'local',
    priceAsOf: undefined,
    outcome: { kind: 'answered' },
    ...overrides,
  };
}

export function acceptanceRecord(overrides: Partial<AcceptanceRecord> = {}): AcceptanceRecord {
  return {
    requestId: 'r1',
    suggestionId: 's1',
    atMs: 1_500,
    action: 'accepted',
    acceptedChars: 40,
    shownChars: 40,
    languageId: 'typescript',
    ...overrides,
  };
}
