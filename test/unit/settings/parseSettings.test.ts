import { describe, expect, it } from 'vitest';
import { parseSettings } from '../../../src/settings/parseSettings.ts';
import { SETTINGS } from '../../../src/settings/settingsTable.ts';

function parse(values: Record<string, unknown>) {
  return parseSettings(key => values[key]);
}

describe('parseSettings', () => {
  it('gives defaults where nothing is set', () => {
    const { settings, problems } = parse({});
    expect(problems).toEqual([]);
    expect(settings).toMatchObject({ fallback: 'off', endpoints: [], completion: { enabled: true, nextEdit: false } });
    expect(settings.ladder.edge).toBeUndefined();
  });

  it('freezes what it gives, all the way down', () => {
    const { settings } = parse({ endpoints: [{ name: 'a', url: 'http://127.0.0.1:1' }] });
    expect(Object.isFrozen(settings.completion)).toBe(true);
    expect(Object.isFrozen(settings.endpoints[0])).toBe(true);
  });

  it.each([
    ['ollama/qwen2.5-coder:1.5b', { endpoint: 'ollama', model: 'qwen2.5-coder:1.5b' }],
    ['vllm/Qwen/Qwen2.5-Coder-1.5B', { endpoint: 'vllm', model: 'Qwen/Qwen2.5-Coder-1.5B' }],
    ['', undefined],
  ])('reads the model reference %j', (text, expected) => {
    const { settings, problems } = parse({ 'ladder.edge': text });
    expect(problems).toEqual([]);
    expect(settings.ladder.edge).toEqual(expected);
  });

  it.each([
    ['ladder.edge', 'no-slash'],
    ['ladder.edge', 3],
    ['fallback', 'auto'],
    ['completion.enabled', 'yes'],
    ['completion.maxTokens', 7],
    ['completion.maxTokens', 64.5],
    ['completion.disabledLanguages', ['a', 1]],
    ['keepAliveMinutes', -2],
    ['prices', [{ model: 'acme/m', input: 1 }]],
    ['prices', [{ model: 'acme', input: 1, output: 1 }]],
    ['prices', [{ model: 'acme/m', input: -1, output: 1 }]],
    ['prices', [{ model: 'acme/m', input: 1, output: 1, cachedInput: '0.1' }]],
    ['prices', [{ model: 'acme/m', input: 1, output: 1, asOf: 'today' }]],
    ['energy.watts', -1],
    ['energy.usdPerKwh', Number.NaN],
    ['endpoints', {}],
    ['endpoints', [{ name: 'a' }]],
    ['endpoints', [{ name: 'a/b', url: 'http://x' }]],
    ['endpoints', [{ name: 'a', url: 'ftp://x' }]],
    ['endpoints', [{ name: 'a', url: 'http://user:secret@x' }]],
    ['endpoints', [{ name: 'a', url: 'http://x', dialect: 'vllm' }]],
    ['endpoints', [null]],
    [
      'endpoints',
      [
        { name: 'a', url: 'http://x' },
        { name: 'a', url: 'http://y' },
      ],
    ],
  ])('reports %s = %j by its key and keeps the default', (key, value) => {
    const { settings, problems } = parse({ [key]: value });
    expect(problems.map(problem => problem.key)).toEqual([`minnow.${key}`]);
    expect(problems[0]?.message).toMatch(/The default is used\.$/);
    expect(settings).toEqual(parse({}).settings);
  });

  it('normalises an address and keeps a path', () => {
    const { settings } = parse({ endpoints: [{ name: 'a', url: 'HTTP://LocalHost:8000/v1//' }] });
    expect(settings.endpoints).toEqual([{ name: 'a', url: 'http://localhost:8000/v1', dialect: 'auto' }]);
  });

  it('reads a price for one model or for all of an endpoint', () => {
    const { settings, problems } = parse({
      prices: [
        { model: 'acme/org/model', input: 0.5, cachedInput: 0.05, output: 3, asOf: '2026-09-23' },
        { model: 'team/*', input: 0, output: 0 },
      ],
    });
    expect(problems).toEqual([]);
    expect(settings.metering.prices).toEqual([
      { endpoint: 'acme', model: 'org/model', input: 0.5, cachedInput: 0.05, output: 3, asOf: '2026-09-23' },
      { endpoint: 'team', model: '*', input: 0, output: 0 },
    ]);
  });

  it('lets no workspace decide where code goes', () => {
    const ownScopes = ['machine', 'application'];
    for (const name of ['endpoints', 'edge', 'workhorse', 'foundation', 'fallback', 'embeddedModelPath'] as const) {
      expect(ownScopes).toContain(SETTINGS[name].scope);
    }
  });
});
