import { describe, expect, it } from 'vitest';
import { detailShape, rowShape } from '../../../src/vscode/inspectorShapes.ts';
import { acceptanceRecord, requestRecord } from '../../support/records.ts';

const at = { startedAtMs: Date.UTC(2026, 10, 23, 12, 4, 31) };
const row = (
  record: Parameters<typeof requestRecord>[0],
  actions: ('accepted' | 'typedOver' | 'acceptedPartly')[] = [],
) =>
  rowShape(
    { record: requestRecord({ ...at, ...record }), acceptances: actions.map(action => acceptanceRecord({ action })) },
    'UTC',
  );

describe('a row of the inspector', () => {
  it('tells when, who, how long in which phase, how many tokens, what it cost and what became of it', () => {
    expect(row({}, ['accepted'])).toMatchObject({
      id: 'r1',
      time: '12:04:31',
      purpose: 'completion',
      model: 'qwen2.5-coder:1.5b',
      isRemote: false,
      place: 'ollama, this machine',
      total: '131 ms',
      tokensIn: '1,204 (1,180)',
      tokensOut: '14',
      cost: '$0',
      outcome: 'accepted',
      kind: 'good',
    });
  });

  it('has bars that add up to the total', () => {
    const { phases, totalMs } = row({});
    expect(phases.map(({ label }) => label)).toEqual([
      'wait',
      'context',
      'queue',
      'connect',
      'first token',
      'generate',
      'trim',
    ]);
    expect(phases.reduce((sum, { ms }) => sum + ms, 0)).toBe(totalMs);
    expect(row({ spans: { queueMs: 4, totalMs: 4 } }).phases).toEqual([
      { name: 'queue', label: 'queue', ms: 4, text: '4 ms' },
    ]);
  });

  it('says what is not known with a dash, and what is estimated with a mark', () => {
    const none = {
      inputTokens: undefined,
      cachedInputTokens: undefined,
      outputTokens: undefined,
      source: 'none' as const,
    };
    expect(row({ usage: none, costMicroUsd: undefined })).toMatchObject({ tokensIn: '—', tokensOut: '—', cost: '—' });
    expect(row({ usage: { ...none, inputTokens: 10, source: 'reported' } }).tokensIn).toBe('10 (—)');
    expect(row({ usage: { ...none, outputTokens: 7, source: 'estimated' } }).tokensOut).toBe('≈ 7');
  });

  it('calls a suggestion accepted that was taken before it was typed over', () => {
    expect(row({}, ['acceptedPartly', 'typedOver']).outcome).toBe('accepted in part');
    expect(row({}, ['typedOver'])).toMatchObject({ outcome: 'typed over', kind: 'plain' });
  });

  it('marks failures and refusals', () => {
    expect(row({ outcome: { kind: 'failed', error: { kind: 'modelLoading' } } })).toMatchObject({ kind: 'bad' });
    expect(row({ outcome: { kind: 'refused', why: 'no' } })).toMatchObject({ kind: 'bad', outcome: 'refused' });
  });
});

describe('the detail of a request', () => {
  const facts = (record: Parameters<typeof requestRecord>[0]) =>
    Object.fromEntries(
      detailShape({ record: requestRecord(record), acceptances: [] }).facts.map(({ label, value }) => [label, value]),
    );

  it('splits the prompt into what was cached and what was read, and tells the speed after the first token', () => {
    expect(facts({})).toMatchObject({
      Prompt: '1,204 tok',
      '– from cache': '1,180 tok',
      '– evaluated': '24 tok',
      Speed: '361 tok/s',
    });
  });

  it('shows a recorded prompt with each part’s share of the tokens', () => {
    const parts = [
      { kind: 'prefix' as const, label: 'before the cursor', text: 'x'.repeat(300), why: 'w' },
      { kind: 'suffix' as const, label: 'after the cursor', text: 'x'.repeat(100), why: 'w' },
    ];
    const usage = { inputTokens: 200, cachedInputTokens: 0, outputTokens: 1, source: 'reported' as const };
    const request = { record: requestRecord({ usage }), acceptances: [] };
    expect(detailShape(request, parts).prompt?.map(({ size }) => size)).toEqual(['≈ 150 tok', '≈ 50 tok']);
    expect(detailShape(request).prompt).toBeUndefined();
  });

  it('tells its story in order', () => {
    const record = requestRecord({
      attempt: 2,
      fallbackFrom: 'r0',
      fallbackReason: 'overloaded',
      finishReason: 'length',
    });
    expect(detailShape({ record, acceptances: [acceptanceRecord({ acceptedChars: 12 })] }).story).toEqual([
      'Asked because the attempt before did not answer: overloaded.',
      'Attempt 2.',
      'Answered, up to the longest answer allowed.',
      'Suggestion accepted: 12 of 40 characters.',
    ]);
  });

  it('gives estimated energy a line of its own, and only where there is an estimate', () => {
    expect(facts({ energy: { joules: 18.25, priceMicroUsdPerKwh: 0 } })).toMatchObject({
      Cost: '$0',
      Energy: '≈ 18.3 J',
    });
    expect(facts({})).not.toHaveProperty('Energy');
  });
});
