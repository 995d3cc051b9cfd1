import { describe, expect, it } from 'vitest';
import type { Answer, AnswerMetrics } from '../../../src/chat/conversation.ts';
import { parseChatMessage } from '../../../src/vscode/chatMessages.ts';
import { answerShape, contextShape, metricsLine } from '../../../src/vscode/chatShapes.ts';
import { isQuotedFrom } from '../../../src/vscode/quotedText.ts';

const METRICS: AnswerMetrics = {
  requestId: 'r1',
  spans: { firstTokenMs: 400, generateMs: 2300, totalMs: 2710 },
  inputTokens: 512,
  cachedInputTokens: 480,
  outputTokens: 96,
  tokensPerSecond: 41.3,
  costMicroUsd: 0,
  costSource: 'local',
};

const ANSWER: Answer = {
  id: 'a',
  rung: 'workhorse',
  author: { model: 'qwen3-coder:4b', endpoint: 'ollama', locality: 'loopback' },
  state: { kind: 'finished', reason: 'stop' },
  text: 'Yes.',
  thinking: undefined,
  metrics: METRICS,
  leftOut: [],
};

describe('the line under an answer', () => {
  it('says first token, speed, tokens in and out, and cost', () => {
    expect(metricsLine(METRICS)).toBe('400 ms first token · 41.3 tok/s · 512 in (480 cached) · 96 out · $0');
  });

  it('shows what is not known as not known, never as nothing', () => {
    const unknown: AnswerMetrics = {
      ...METRICS,
      inputTokens: undefined,
      cachedInputTokens: undefined,
      tokensPerSecond: undefined,
      costMicroUsd: undefined,
      costSource: 'unknown',
    };
    expect(metricsLine(unknown)).toBe('400 ms first token · — · — in · 96 out · —');
  });
});

describe('an answer for the view', () => {
  it('says who answered, from which rung and where', () => {
    const shape = answerShape(ANSWER, chars => chars);
    expect([shape.author, shape.rung, shape.isRemote]).toEqual(['qwen3-coder:4b', 'workhorse', false]);
  });

  it.each([
    [{ kind: 'finished', reason: 'stop' }, undefined],
    [{ kind: 'finished', reason: 'length' }, 'Cut at the longest answer that the window allows.'],
    [{ kind: 'finished', reason: 'cut' }, 'The server ended the answer early.'],
    [{ kind: 'stopped' }, 'Stopped.'],
    [{ kind: 'refused', why: 'Not without consent.' }, 'Not without consent.'],
  ] as const)('in state %j has the note %j', (state, note) => {
    expect(answerShape({ ...ANSWER, state }, chars => chars).note).toBe(note);
  });

  it('offers the one thing to do where the engine failed', () => {
    const problem = {
      kind: 'serverNotRunning',
      endpoint: 'ollama',
      url: 'http://127.0.0.1:11434',
      detail: 'ECONNREFUSED',
    } as const;
    const shape = answerShape({ ...ANSWER, state: { kind: 'failed', problem } }, chars => chars);
    expect(shape.note).toContain('ollama cannot be reached');
    expect(shape.action?.command).toMatch(/^minnow\./);
  });

  it('tells how long the model thought, and about how much', () => {
    const thinking = { text: 'x'.repeat(1_230), durationMs: 3_200 };
    const shape = answerShape({ ...ANSWER, thinking }, chars => Math.round(chars / 3));
    expect(shape.thinking?.summary).toBe('Thought for 3.20 s · ≈ 410 tok');
  });

  it('says plainly what was left out', () => {
    expect(contextShape(1920, 8192, [{ label: 'big.ts', why: 'largerThanRoomLeft' }])).toEqual({
      used: '≈ 1,920 of 8,192 tok',
      share: 1920 / 8192,
      leftOut: [{ label: 'big.ts', why: 'larger than the room left' }],
    });
  });
});

describe('messages of the view', () => {
  it.each([
    { type: 'ask', text: 'why?' },
    { type: 'code', action: 'apply', answerId: 'a', text: 'x', languageId: 'ts' },
    { type: 'attach', kind: 'gitDiff' },
    { type: 'stop' },
  ])('takes %j', message => expect(parseChatMessage(message)).toEqual(message));

  it.each([
    null,
    'ask',
    {},
    { type: 'runCommand', command: 'x' },
    { type: 'ask' },
    { type: 'ask', text: 'x'.repeat(200_001) },
    { type: 'code', action: 'run', answerId: 'a', text: 'x', languageId: 'ts' },
    { type: 'attach', kind: '/etc/passwd' },
  ])('drops %j', message => expect(parseChatMessage(message)).toBeUndefined());
});

describe('code that a view says was in an answer', () => {
  const answer = 'Try this:\n\n- so:\n\n  ```js\n  go();\n    on();\n  ```\n';

  it('is taken where the answer holds it, list indentation or not', () => {
    expect(isQuotedFrom(answer, 'go();\n  on();')).toBe(true);
  });

  it.each(['rm -rf /', 'on();\ngo();', 'go();\non();\nmore();'])('is refused where it does not: %j', text =>
    expect(isQuotedFrom(answer, text)).toBe(false),
  );
});
