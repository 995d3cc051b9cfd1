import { describe, expect, it } from 'vitest';
import type { ModelFacts } from '../../../../src/backends/backend.ts';
import { chooseFamily } from '../../../../src/completion/prompt/chooseFamily.ts';
import { FAMILIES, markersOf } from '../../../../src/completion/prompt/families.ts';

function facts(over: Partial<ModelFacts>): ModelFacts {
  return {
    name: 'm',
    sizeBytes: undefined,
    quantization: undefined,
    parameterSize: undefined,
    isRemote: false,
    architecture: undefined,
    aliases: [],
    contextTokens: undefined,
    trainedContextTokens: undefined,
    capabilities: { serverFim: undefined, chat: undefined, tools: undefined, thinking: undefined, images: undefined },
    fimMarkers: undefined,
    chatTemplate: undefined,
    ...over,
  };
}

function familyOf(over: Partial<ModelFacts>): string {
  const choice = chooseFamily(facts(over));
  return choice.kind === 'family' ? choice.family.id : choice.kind;
}

const PIPED = { prefix: '<|fim_prefix|>', suffix: '<|fim_suffix|>', middle: '<|fim_middle|>' };
const PLAIN = { prefix: '<fim_prefix>', suffix: '<fim_suffix>', middle: '<fim_middle>' };

describe('families', () => {
  it('have a source, markers and an id of their own', () => {
    expect(new Set(FAMILIES.map(family => family.id)).size).toBe(FAMILIES.length);
    for (const family of FAMILIES) {
      expect(family.source, family.id).toMatch(/^https:\/\//);
      expect(family.markers.prefix && family.markers.suffix, family.id).not.toBe('');
    }
  });

  it('write DeepSeek with the full-width bar and the lower block, not with their look-alikes', () => {
    const deepseek = FAMILIES.find(family => family.id === 'deepseek-coder');
    expect([...(deepseek?.markers.prefix ?? '')].map(char => char.codePointAt(0)?.toString(16))).toEqual(
      [...'<\uff5cfim\u2581begin\uff5c>'].map(char => char.codePointAt(0)?.toString(16)),
    );
    expect(deepseek?.stops).toContain('<\uff5cend\u2581of\u2581sentence\uff5c>');
  });

  it('know who was trained suffix first', () => {
    const suffixFirst = FAMILIES.filter(family => family.order === 'suffixFirst').map(family => family.id);
    expect(suffixFirst).toEqual(['mellum', 'codestral', 'seed-coder', 'glm']);
  });

  it('stop at nothing that code contains', () => {
    for (const marker of FAMILIES.flatMap(markersOf)) {
      expect(marker, 'a marker has brackets or is the file rule of Codestral').toMatch(/^<.+>$|^\[\w+\]$|^\n\+{5} $/);
    }
  });
});

describe('choosing a family', () => {
  it.each<[string, string, Partial<ModelFacts>]>([
    ['by markers and architecture', 'qwen2.5-coder', { name: 'mine', architecture: 'qwen2', fimMarkers: PIPED }],
    ['shared markers, other architecture', 'granite-4', { architecture: 'granitehybrid', fimMarkers: PIPED }],
    [
      'shared markers, told apart by the name in the file',
      'mellum',
      { aliases: ['Mellum 4b Base'], architecture: 'llama', fimMarkers: PLAIN },
    ],
    ['StarCoder 2 and not 1', 'starcoder2', { architecture: 'starcoder2', fimMarkers: PLAIN }],
    ['markers that no row has', 'told by the server', { fimMarkers: { prefix: '<a>', suffix: '<b>', middle: '<c>' } }],
    [
      'the vocabulary writes a leading space',
      'codellama',
      {
        aliases: ['codellama-7b-hf'],
        fimMarkers: { prefix: '\u2581<PRE>', suffix: '\u2581<SUF>', middle: '\u2581<MID>' },
      },
    ],
    ['by the name in the file', 'qwen2.5-coder', { name: 'work', aliases: ['Qwen2.5 Coder 1.5B'] }],
    ['by the repository it is served under', 'qwen2.5-coder', { name: 'Qwen/Qwen2.5-Coder-1.5B' }],
    ['by an Ollama name', 'deepseek-coder', { name: 'deepseek-coder-v2:16b-lite-base-q4_K_M' }],
    ['by a path of a file', 'qwen2.5-coder', { name: '/models/qwen2.5-coder-0.5b-q8_0.gguf' }],
    ['not because a name contains another', 'none', { name: 'my-qwen2.5-coder-tune' }],
    ['not because codeqwen is in it', 'qwen2.5-coder', { name: 'qwen2.5-coder:7b' }],
    [
      'the server can, and nothing else is known',
      'server',
      {
        name: 'unheard-of',
        capabilities: { serverFim: true, chat: true, tools: undefined, thinking: undefined, images: undefined },
      },
    ],
    ['nothing known', 'none', { name: 'llama3.2:3b' }],
    ['the large CodeLlama', 'none', { name: 'codellama:34b' }],
    ['CodeLlama for Python', 'none', { name: 'codellama:7b-python' }],
    ['Yi-Coder', 'none', { name: 'yi-coder:9b' }],
    ['the Mamba of the Codestral name', 'none', { name: 'mamba-codestral-7b' }],
    ['Codestral', 'codestral', { name: 'codestral:22b' }],
    ['Granite code', 'granite-code', { name: 'granite-code:3b' }],
    ['StarCoder 1', 'starcoder', { name: 'starcoder:3b' }],
    ['StarCoder 2 by name', 'starcoder2', { name: 'starcoder2:3b' }],
    ['StableCode', 'starcoder', { name: 'stable-code:3b' }],
    ['GLM', 'glm', { name: 'codegeex4:9b' }],
    ['Seed-Coder', 'seed-coder', { name: 'ByteDance-Seed/Seed-Coder-8B-Base' }],
  ])('%s: %s', (_case, expected, over) => {
    expect(familyOf(over)).toBe(expected);
  });
});
