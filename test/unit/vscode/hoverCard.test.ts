import { describe, expect, it } from 'vitest';
import { describeProblem } from '../../../src/vscode/engineStates.ts';
import { decodeSpeed, HOVER_COMMANDS, type HoverFacts, renderHover } from '../../../src/vscode/hoverCard.ts';
import { EVERY_PROBLEM, recentOutcome, requestRecord, shown } from '../../support/editorFixtures.ts';

const facts: HoverFacts = {
  state: undefined,
  model: { name: 'qwen2.5-coder:1.5b', quantization: 'Q4_K_M', endpoint: 'ollama', locality: 'loopback' },
  lastShown: recentOutcome(),
  lastRequest: requestRecord(),
  lastAcceptance: undefined,
  session: { shown: 412, accepted: 128, savedChars: 6120, p50Ms: 92, p95Ms: 310 },
  residents: [{ name: 'qwen2.5-coder:1.5b', sizeBytes: 1_200_000_000, untilMs: Date.UTC(2026, 10, 23, 14, 32) }],
  timeZone: 'UTC',
};

/** As a reader sees it: without the escapes. */
function read(card: Partial<HoverFacts> = {}): string {
  return renderHover({ ...facts, ...card })
    .replace(/\\(.)/g, '$1')
    .replaceAll('&nbsp;', ' ')
    .replace(/ {2,}/g, ' ');
}

describe('the hover card', () => {
  it('says where the model runs', () => {
    expect(read()).toContain('$(lock) qwen2.5-coder:1.5b · Q4_K_M · ollama · this machine');
  });

  it('tells the last request by phase, tokens and cost', () => {
    const card = read();
    expect(card).toContain(
      '| Last request | 82 ms = wait 0 + context 3 + queue 0 + connect 1 + first token 41 + generate 36 + trim 1 ms |',
    );
    expect(card).toContain('| Tokens | prompt 1,204 tok, 1,180 from cache · generated 14 tok · 361 tok/s |');
    expect(card).toContain('| Cost | $0 (local) |');
    expect(card).toContain('p50 92 ms · p95 310 ms · 412 shown · 31 % accepted · 6,120 characters saved');
    expect(card).toContain('| In memory | qwen2.5-coder:1.5b (1.2 GB, until 14:32) |');
  });

  it('tells what was spent, and what local use saved', () => {
    const money = (microUsd: number, unknown = 0) => ({ microUsd, requests: 4, unknown });
    const savings = { comparedWith: 'Mistral codestral-2508', priceAsOf: '2026-09-23', ...money(412_000) };
    expect(read({ spending: { day: money(0), month: money(1_230_000, 2), savings } })).toContain(
      '| Spent | $0 today · $1.23 + 2 not known this month · ≈ $0.412 saved against Mistral codestral-2508’s list price |',
    );
    expect(read({ spending: { day: money(0, 4), month: money(0, 4), savings: undefined } })).toContain(
      '| Spent | — today · — this month |',
    );
  });

  it('shows what is not known as a dash with its reason, never as zero', () => {
    const usage = {
      inputTokens: undefined,
      cachedInputTokens: undefined,
      outputTokens: undefined,
      source: 'none',
    } as const;
    const card = read({
      lastRequest: requestRecord({ usage, costMicroUsd: undefined, costSource: 'unknown', locality: 'remote' }),
    });
    expect(card).toContain('| Tokens | — the server reported none |');
    expect(card).toContain('| Cost | — no price is known for qwen2.5-coder:1.5b |');
  });

  it('marks estimates', () => {
    const usage = { inputTokens: 900, cachedInputTokens: undefined, outputTokens: 9, source: 'estimated' } as const;
    expect(read({ lastRequest: requestRecord({ usage }) })).toContain(
      'prompt ≈ 900 tok, cache use not reported · generated ≈ 9 tok',
    );
  });

  it('gives the time of suggestions, not a request, for one from memory', () => {
    const lastShown = recentOutcome({
      durationMs: 0.4,
      outcome: shown('typingAhead'),
    });
    expect(read({ lastShown })).toContain('| Last suggestion | **<1 ms** from memory · shown |');
  });

  it('lets no name from a server become a link, an image or a cell', () => {
    const name = 'x](command:evil) ![a](http://e/) | $(flame) <b>';
    const card = renderHover({ ...facts, model: { name, quantization: undefined, endpoint: 'e', locality: 'lan' } });
    expect(card).not.toMatch(/(?<!\\)\]\(command:evil/);
    expect(card).not.toContain('![a](');
    expect(card).not.toContain(' | $(flame)');
    expect(card).not.toContain('<b>');
  });

  it('links to nothing but the commands that the card may run', () => {
    for (const problem of Object.values(EVERY_PROBLEM)) {
      const card = renderHover({ ...facts, state: describeProblem(problem) });
      const targets = [...card.matchAll(/\]\(command:([\w.]+)/g)].map(([, command]) => command);
      expect(targets.length).toBeGreaterThanOrEqual(4);
      expect(targets.filter(command => !HOVER_COMMANDS.some(allowed => allowed === command))).toEqual([]);
    }
  });

  it('offers what the state needs, its argument unable to end the link', () => {
    const model = 'x") [y](command:evil)';
    const state = describeProblem({ ...EVERY_PROBLEM.modelMissing, model, pullCommand: `ollama pull ${model}` });
    const card = renderHover({ ...facts, state });
    const [, query = ''] = /\*\*\[Copy Pull Command\]\(command:minnow\.copyPullCommand\?([^)]*)\)\*\*/.exec(card) ?? [];
    expect(JSON.parse(decodeURIComponent(query))).toEqual([`ollama pull ${model}`]);
    expect(card).not.toMatch(/(?<!\\)\]\(command:evil/);
  });

  it('knows no pace of an answer that came whole', () => {
    expect(decodeSpeed(requestRecord({ spans: { firstTokenMs: 80, generateMs: 0.2, totalMs: 81 } }))).toBeUndefined();
    expect(decodeSpeed(requestRecord({ spans: { firstTokenMs: 40, generateMs: 130, totalMs: 170 } }))).toBe(100);
  });
});
