import { describe, expect, it } from 'vitest';
import { planParts } from '../../../../src/completion/prompt/planParts.ts';
import type { PromptPlan } from '../../../../src/completion/prompt/promptPlanner.ts';

const MARKERS = ['<|fim_prefix|>', '<|fim_suffix|>', '<|fim_middle|>', '<|file_sep|>', '<|repo_name|>'];

function plan(text: string, typedStart?: string): PromptPlan {
  const prompt = { kind: 'raw' as const, text, ...(typedStart !== undefined && { typedStart }) };
  return {
    modelKey: '',
    prompt,
    promptChars: text.length,
    markers: MARKERS,
    plannedReuseTokens: 0,
    plannedNewTokens: 0,
    middle: '',
  };
}

const HELP = {
  id: '1',
  kind: 'recentEdit' as const,
  path: 'src/help.ts',
  text: 'export const help = 1;\n',
  rank: 1,
  stability: 'stable' as const,
};

describe('the parts of a plan', () => {
  const text = `<|repo_name|>shop<|file_sep|>src/help.ts\n${HELP.text.trimEnd()}<|file_sep|>src/a.ts\n<|fim_prefix|>const a = <|fim_suffix|>;\n<|fim_middle|>`;

  it('are cut at the markers, each with what it is and why it is there', () => {
    const parts = planParts(plan(text, 'hel'), { version: 1, repository: 'shop', parts: [HELP] });
    expect(
      parts.filter(({ kind }) => kind !== 'marker').map(({ kind, label, text: part }) => [kind, label, part]),
    ).toEqual([
      ['context', 'context', 'shop'],
      ['context', 'src/help.ts', 'src/help.ts\nexport const help = 1;'],
      ['context', 'context', 'src/a.ts\n'],
      ['prefix', 'before the cursor', 'const a = '],
      ['suffix', 'after the cursor', ';\n'],
      ['middle', 'typed since', 'hel'],
    ]);
    expect(parts.find(({ label }) => label === 'src/help.ts')?.why).toBe('You changed this a moment ago.');
  });

  it('make up the whole prompt together', () => {
    const parts = planParts(plan(text, 'hel'), undefined);
    expect(parts.map(part => part.text).join('')).toBe(`${text}hel`);
  });

  it('are told by the order of the markers, whichever comes first', () => {
    const parts = planParts(plan('<|fim_suffix|>B<|fim_prefix|>A<|fim_middle|>'), undefined);
    expect(parts.filter(({ kind }) => kind !== 'marker').map(({ kind, text: part }) => [kind, part])).toEqual([
      ['suffix', 'B'],
      ['prefix', 'A'],
    ]);
  });
});
