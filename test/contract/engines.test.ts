// The engines by themselves, before anything of ours: what fails here is not the fault of a backend.
import { describe, expect, inject, it } from 'vitest';
import type { EngineName, RealEngine } from '../support/realEngines.ts';
import { SORT_BY_AGE } from '../support/tinyPrompts.ts';

describe('real engines', () => {
  for (const name of ['ollama', 'vllm', 'llama-server'] satisfies EngineName[]) {
    it(`${name} serves a model that completes code`, async context => {
      const presence = inject('engines')[name];
      if (presence.state === 'missing') context.skip(presence.reason);
      else if (presence.state === 'failed') throw new Error(presence.reason);
      else expect(await complete(presence.engine)).toMatchObject({ choices: [{ text: SORT_BY_AGE.text }] });
    });
  }
});

async function complete({ url, model, key }: RealEngine): Promise<unknown> {
  // Ollama wraps a prompt of /v1/completions in the model's template; a suffix makes it the fill-in-the-middle form.
  const [prefix = '', suffix = ''] = SORT_BY_AGE.prompt
    .replace(/<\|fim_(prefix|middle)\|>/g, '')
    .split('<|fim_suffix|>');
  const prompt = key === undefined ? { prompt: prefix, suffix } : { prompt: SORT_BY_AGE.prompt };
  const reply = await fetch(`${url}/v1/completions`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ model, ...prompt, max_tokens: 40, temperature: 0 }),
  });
  return reply.json();
}
