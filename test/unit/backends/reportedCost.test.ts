import { describe, expect, it } from 'vitest';
import { OpenAiDecoder } from '../../../src/backends/openAiDecoder.ts';

function finishAfter(...events: object[]) {
  const decoder = new OpenAiDecoder('m', 0);
  for (const event of events) decoder.push(JSON.stringify(event));
  decoder.push('[DONE]');
  return decoder.end().at(-1);
}

describe('what a provider says it charged', () => {
  it('is passed on in millionths of a dollar, beside the tokens', () => {
    const usage = { prompt_tokens: 10, completion_tokens: 2, cost: 0.00014 };
    expect(finishAfter({ choices: [{ text: 'a', finish_reason: 'stop' }] }, { choices: [], usage })).toMatchObject({
      type: 'finish',
      usage: { inputTokens: 10, outputTokens: 2 },
      reportedCostMicroUsd: 140,
    });
  });

  it.each([undefined, null, -1, '0.1', Number.NaN])('is not known from %s', cost => {
    const usage = { prompt_tokens: 10, completion_tokens: 2, cost };
    expect(finishAfter({ usage })).not.toHaveProperty('reportedCostMicroUsd');
  });
});
