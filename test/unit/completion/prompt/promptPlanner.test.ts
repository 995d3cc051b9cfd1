import { describe, expect, it } from 'vitest';
import type { ModelFacts } from '../../../../src/backends/backend.ts';
import type { ContextPart } from '../../../../src/completion/context/contextSource.ts';
import { type PromptPlan, PromptPlanner } from '../../../../src/completion/prompt/promptPlanner.ts';
import type { CursorSnapshot } from '../../../../src/completion/snapshot.ts';
import { at } from '../../../support/cursor.ts';
import { candidateOf, modelFacts, ScriptedBackend } from '../../../support/scriptedBackend.ts';

const QWEN: Partial<ModelFacts> = { aliases: ['Qwen2.5-Coder-1.5B'], contextTokens: 4096 };
const backend = new ScriptedBackend('openai');

interface Options {
  readonly model?: Partial<ModelFacts>;
  readonly parts?: readonly ContextPart[];
  readonly maxPromptTokens?: number;
  readonly forced?: string;
}

function planOf(planner: PromptPlanner, snapshot: CursorSnapshot, options: Options = {}): PromptPlan {
  const plan = planner.plan({
    snapshot,
    candidate: candidateOf(backend, { model: modelFacts('m', { ...QWEN, ...options.model }) }),
    context: options.parts && { version: 1, repository: 'shop', parts: options.parts },
    maxPromptTokens: options.maxPromptTokens ?? 2000,
    maxAnswerTokens: 100,
    forced: options.forced ?? '',
  });
  if (!plan) throw new Error('no plan');
  return plan;
}

function textOf(plan: PromptPlan): string {
  return plan.prompt.kind === 'raw' ? plan.prompt.text : JSON.stringify(plan.prompt);
}

function prompt(text: string, options: Options = {}): string {
  return textOf(planOf(new PromptPlanner(), at(text), options));
}

function part(path: string, text: string, over: Partial<ContextPart> = {}): ContextPart {
  return { id: path, kind: 'neighbour', path, text, rank: 1, stability: 'stable', ...over };
}

describe('a prompt', () => {
  it.each<[family: string, name: string, prompt: string]>([
    ['prefix first', 'qwen2.5-coder', '<|fim_prefix|>ab<|fim_suffix|>c<|fim_middle|>'],
    ['CodeLlama with its spaces', 'codellama:7b', '<PRE> ab <SUF>c <MID>'],
    [
      'DeepSeek',
      'deepseek-coder',
      '<\uff5cfim\u2581begin\uff5c>ab<\uff5cfim\u2581hole\uff5c>c<\uff5cfim\u2581end\uff5c>',
    ],
    ['suffix first', 'seed-coder', '<[fim-suffix]>c<[fim-prefix]>ab<[fim-middle]>'],
    ['suffix first without a middle', 'codestral', '[SUFFIX]c[PREFIX]ab'],
    ['suffix first with the path before', 'mellum', '<filename>a.ts\n<fim_suffix>c<fim_prefix>ab<fim_middle>'],
    ['StarCoder 2', 'starcoder2', '<fim_prefix>ab<fim_suffix>c<fim_middle>'],
  ])('of a family: %s', (_family, name, expected) => {
    expect(prompt('ab‸c', { model: { name, aliases: [] } })).toBe(expected);
  });

  const FILES = [part('b.ts', 'let b;'), part('a/c.ts', 'let c;\n')];
  it.each<[family: string, name: string, prompt: string]>([
    [
      'Qwen',
      'qwen2.5-coder',
      '<|repo_name|>shop\n<|file_sep|>a/c.ts\nlet c;\n<|file_sep|>b.ts\nlet b;\n<|file_sep|>a.ts\n<|fim_prefix|>x<|fim_suffix|><|fim_middle|>',
    ],
    [
      'StarCoder 2, with the path inside and no line breaks between files',
      'starcoder2',
      '<repo_name>shop<file_sep>a/c.ts\nlet c;<file_sep>b.ts\nlet b;<file_sep><fim_prefix>a.ts\nx<fim_suffix><fim_middle>',
    ],
    [
      'Mellum',
      'mellum',
      '<filename>a/c.ts\nlet c;\n<filename>b.ts\nlet b;\n<filename>a.ts\n<fim_suffix><fim_prefix>x<fim_middle>',
    ],
    ['Codestral', 'codestral', '[SUFFIX][PREFIX]+++++ a/c.ts\nlet c;\n+++++ b.ts\nlet b;\n+++++ a.ts\nx'],
    [
      'a family without a format: comments',
      'granite-code',
      '<fim_prefix>// From a/c.ts:\n// let c;\n\n// From b.ts:\n// let b;\n\nx<fim_suffix><fim_middle>',
    ],
  ])('with other files: %s', (_family, name, expected) => {
    expect(prompt('x‸', { model: { name, aliases: [] }, parts: FILES })).toBe(expected);
  });

  it('is the same whatever order the context comes in', () => {
    expect(prompt('x‸', { parts: FILES })).toBe(prompt('x‸', { parts: [...FILES].reverse() }));
  });

  it('has stable context before volatile, and leaves out what ranks lowest when the room is short', () => {
    const parts = [
      part('zebra.ts', 'z', { stability: 'stable' }),
      part('edit.ts', 'e', { stability: 'volatile', rank: 5 }),
      part('huge.ts', 'h'.repeat(4000), { rank: 0 }),
    ];
    const text = prompt('x‸', { parts, maxPromptTokens: 600 });
    expect(text).not.toContain('hhh');
    expect(text.indexOf('zebra.ts')).toBeLessThan(text.indexOf('edit.ts'));
  });

  it('breaks up markers in every text that comes from files', () => {
    const text = prompt('a<|fim_suffix|>‸<|im_end|>', { parts: [part('<|file_sep|>.ts', 'x<|endoftext|>')] });
    expect(text.match(/<\|fim_suffix\|>/g)).toHaveLength(1);
    expect(text).not.toMatch(/<\|im_end\|>|<\|endoftext\|>/);
  });

  it('is the server\u2019s where it places the suffix and no markers are known', () => {
    const model = {
      name: 'unheard-of',
      aliases: [],
      capabilities: { ...modelFacts('x').capabilities, serverFim: true },
    };
    const plan = planOf(new PromptPlanner(), at('ab‸c'), { model });
    expect(plan.prompt).toEqual({ kind: 'fim', prefix: 'ab', suffix: 'c', extra: [] });
  });

  it('is none for a model that cannot', () => {
    const candidate = candidateOf(backend, { model: modelFacts('llama3.2:3b') });
    const wish = {
      snapshot: at('a‸'),
      candidate,
      context: undefined,
      maxPromptTokens: 500,
      maxAnswerTokens: 50,
      forced: '',
    };
    expect(new PromptPlanner().plan(wish)).toBeUndefined();
  });
});

describe('prompts of one episode', () => {
  const LONG = Array.from({ length: 400 }, (_line, index) => `const value${index} = compute(${index});`).join('\n');
  const BELOW = `\n${Array.from({ length: 40 }, (_line, index) => `use(${index});`).join('\n')}`;

  it('put what is typed behind the middle marker, so that nothing before it is read again', () => {
    const planner = new PromptPlanner();
    const first = textOf(planOf(planner, at(`f();\n‸${BELOW}`)));
    const second = textOf(planOf(planner, at(`f();\ncon‸${BELOW}`)));
    expect(second).toBe(`${first}con`);
  });

  it('tell how much of them the server has read already, the answer it gave included', () => {
    const planner = new PromptPlanner();
    const first = planOf(planner, at('let a = 1;\nlet b = ‸'));
    planner.sent(first, '2;\nlet c', undefined);
    const second = planOf(planner, at('let a = 1;\nlet b = 2;\n‸'));
    expect(second.plannedNewTokens).toBe(0);
    expect(second.prompt).toMatchObject({ plannedReuseChars: textOf(first).length + 3 });
  });

  it('hold the suffix while the editor closes brackets behind the cursor', () => {
    const planner = new PromptPlanner();
    const first = textOf(planOf(planner, at(`call‸${BELOW}`)));
    expect(textOf(planOf(planner, at(`call(‸)${BELOW}`)))).toBe(`${first}(`);
    expect(textOf(planOf(planner, at(`call(x)‸${BELOW}`)))).toBe(`${first}(x)`);
  });

  it('begin anew where the text below changed or the cursor went elsewhere', () => {
    const planner = new PromptPlanner();
    planOf(planner, at(`f();\n‸${BELOW}`));
    expect(textOf(planOf(planner, at('f();\ng‸\nother();')))).toBe(prompt('f();\ng‸\nother();'));
    expect(textOf(planOf(planner, at('f‸\nother();')))).toBe(prompt('f‸\nother();'));
  });

  it('begin at the same line while the text grows, and move on in one large step', () => {
    const planner = new PromptPlanner();
    const lines = LONG.split('\n');
    const starts = new Set<string>();
    for (let count = 100; count < 400; count++) {
      const text = textOf(planOf(planner, at(`${lines.slice(0, count).join('\n')}\n‸`), { maxPromptTokens: 1500 }));
      starts.add(text.slice(0, 60));
    }
    expect(starts.size).toBeLessThan(8);
  });

  it('fit what the server allocated', () => {
    const text = prompt(`${LONG}\n‸${BELOW.repeat(20)}`, { model: { contextTokens: 512 }, maxPromptTokens: 4000 });
    expect(text.length).toBeLessThan((512 - 100) * 3.2 + 60);
  });

  it('hold fewer characters once the server has counted more tokens than was thought', () => {
    const planner = new PromptPlanner();
    const snapshot = at(`${LONG}\n‸`);
    const first = planOf(planner, snapshot, { maxPromptTokens: 1000 });
    planner.sent(first, '', Math.round(first.promptChars / 2));
    const second = planOf(planner, { ...snapshot, uri: 'file:///w/other.ts' }, { maxPromptTokens: 1000 });
    expect(second.promptChars).toBeLessThan(first.promptChars * 0.75);
  });

  it('stay within their room on a line without end', () => {
    const snapshot = at(`${'x'.repeat(48 * 1024)}‸`, {
      prefixIsWhole: false,
      character: 900_000,
      line: 7,
      prefixStartLine: 7,
    });
    expect(textOf(planOf(new PromptPlanner(), snapshot)).length).toBeLessThan(2000 * 3.2 + 60);
  });
});

describe('context', () => {
  const OLD = [part('b.ts', 'old')];
  const text = 'a();\n'.repeat(30);

  function withVersion(planner: PromptPlanner, snapshot: CursorSnapshot, version: number): string {
    const wish = {
      snapshot,
      candidate: candidateOf(backend, { model: modelFacts('m', QWEN) }),
      context: { version, repository: 'shop', parts: version === 1 ? OLD : [part('b.ts', 'new')] },
      maxPromptTokens: 2000,
      maxAnswerTokens: 100,
      forced: '',
    };
    const plan = planner.plan(wish);
    if (!plan) throw new Error('no plan');
    planner.sent(plan, '', undefined);
    return textOf(plan);
  }

  it('that changes is left out while the server holds the prompt with the old one', () => {
    const planner = new PromptPlanner();
    withVersion(planner, at(`${text}‸`), 1);
    expect(withVersion(planner, at(`${text}b‸`), 2)).toContain('old');
    expect(withVersion(planner, at(`${text.slice(0, 60)}‸`), 2)).toContain('old');
  });

  it('that changes comes in when another file was asked about in between', () => {
    const planner = new PromptPlanner();
    withVersion(planner, at(`${text}‸`), 1);
    withVersion(planner, at(`${'other();\n'.repeat(30)}‸`, { uri: 'file:///w/other.ts' }), 1);
    expect(withVersion(planner, at(`${text.slice(0, 60)}‸`), 2)).toContain('new');
  });

  it('is answered for by its files as long as it stands in prompts', () => {
    const planner = new PromptPlanner();
    withVersion(planner, at(`${text}‸`), 1);
    expect(planner.pathsHeldFor('file:///w/a.ts')).toEqual(['b.ts']);
    expect(planner.pathsHeldFor('file:///w/other.ts')).toEqual([]);
  });

  it('that changes comes in after a while', () => {
    const planner = new PromptPlanner();
    for (let count = 0; count < 45; count++) withVersion(planner, at(`${text}${'x'.repeat(count)}‸`), 1);
    expect(withVersion(planner, at(`${text.slice(0, 60)}‸`), 2)).toContain('new');
  });
});

describe('a word in the making, for a server that can hold an answer to it', () => {
  const heals = { capabilities: { ...modelFacts('m').capabilities, healsWords: true } };
  const planned = (planner: PromptPlanner, text: string, model: Partial<ModelFacts> = heals) =>
    planOf(planner, at(text), { model }).prompt;

  it('is left out of the prompt and told apart', () => {
    const planner = new PromptPlanner();
    expect(planned(planner, 'users.fi‸;')).toMatchObject({
      text: '<|fim_prefix|>users.<|fim_suffix|>;<|fim_middle|>',
      typedStart: 'fi',
    });
    expect(planned(new PromptPlanner(), 'users.fi‸;', {})).toMatchObject({
      text: '<|fim_prefix|>users.fi<|fim_suffix|>;<|fim_middle|>',
    });
    expect(planned(new PromptPlanner(), 'users.fi‸;', {})).not.toHaveProperty('typedStart');
  });

  it('changes nothing in the prompt while it is typed', () => {
    const planner = new PromptPlanner();
    const first = planned(planner, 'users.f‸;');
    const second = planned(planner, 'users.filt‸;');
    expect(second).toMatchObject({ text: (first as { text: string }).text, typedStart: 'filt' });
    expect(planned(planner, 'users.filter(x‸;')).toMatchObject({
      text: '<|fim_prefix|>users.<|fim_suffix|>;<|fim_middle|>filter(',
      typedStart: 'x',
    });
  });

  it.each([
    ['nothing typed', 'users.‸;'],
    ['a number', 'x = 12‸;'],
    ['a word that not every vocabulary can spell', 'gr\u00f6sse‸;'],
    ['a word beyond all measure', `${'a'.repeat(80)}‸;`],
  ])('is none: %s', (_what, text) => {
    expect(planned(new PromptPlanner(), text)).not.toHaveProperty('typedStart');
  });

  it('stands in what the server is believed to hold', () => {
    const planner = new PromptPlanner();
    const plan = planOf(planner, at('users.fi‸;'), { model: heals });
    planner.sent(plan, 'lter(x)', 20);
    const next = planOf(planner, at('users.filter(x)‸;'), { model: heals });
    expect(next.plannedNewTokens).toBe(0);
  });
});
