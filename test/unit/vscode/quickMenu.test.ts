import { describe, expect, it } from 'vitest';
import { type MenuFacts, quickMenu } from '../../../src/vscode/quickMenu.ts';
import { splitSentences } from '../../../src/vscode/sentences.ts';
import { renderStatus, type StatusFacts } from '../../../src/vscode/statusText.ts';
import { EVERY_PROBLEM } from '../../support/editorFixtures.ts';

function menuIn(changes: Partial<StatusFacts> = {}, more: Partial<MenuFacts> = {}) {
  const facts: StatusFacts = {
    completions: 'on',
    problem: undefined,
    locality: 'loopback',
    isBusy: false,
    lastSuggestion: { tookMs: 84, locality: 'loopback' },
    isSlow: false,
    ...changes,
  };
  const models = { edge: 'qwen2.5-coder:1.5b', workhorse: undefined };
  return quickMenu({
    status: renderStatus(facts),
    completions: facts.completions,
    languageId: 'python',
    models,
    ...more,
  });
}

describe('the menu behind the status bar item', () => {
  it('says the state in words', () => {
    expect(menuIn().title).toBe('The last suggestion took 84 ms, on this machine.');
  });

  it.each(Object.values(EVERY_PROBLEM))('offers what $kind needs first, among at most ten entries', problem => {
    const { title, entries } = menuIn({ problem });
    expect(title).not.toBe('');
    expect(entries.length).toBeLessThanOrEqual(10);
    const action = renderStatus({ ...menuFacts, problem }).action;
    if (action) expect(entries[0]).toMatchObject({ command: action.command });
    const keys = entries.map(({ command, argument }) => `${command} ${argument ?? ''}`);
    expect(new Set(keys).size).toBe(keys.length);
  });

  it('turns on again what is off', () => {
    expect(menuIn({ completions: 'offEverywhere' }).entries[0]?.label).toContain('Turn Completions On');
    const here = menuIn({ completions: 'offForLanguage' }).entries;
    expect(here[0]?.command).toBe('minnow.toggleCompletionsForLanguage');
  });

  it('names the models, and the one for chat only where it is another', () => {
    const described = (workhorse: string | undefined) =>
      menuIn({}, { models: { edge: 'coder', workhorse } }).entries.find(
        ({ command }) => command === 'minnow.switchModel',
      )?.description;
    expect(described('coder')).toBe('coder');
    expect(described('thinker')).toBe('coder · chat: thinker');
    expect(described(undefined)).toBe('coder · chat: none');
  });

  it('names the language that is meant, and none where there is no editor', () => {
    expect(menuIn().entries.map(({ description }) => description)).toContain('for python');
    expect(menuIn({}, { languageId: undefined }).entries.map(({ command }) => command)).not.toContain(
      'minnow.toggleCompletionsForLanguage',
    );
  });
});

const menuFacts: StatusFacts = {
  completions: 'on',
  problem: undefined,
  locality: undefined,
  isBusy: false,
  lastSuggestion: undefined,
  isSlow: false,
};

describe('splitting sentences', () => {
  it('keeps what happened apart from the rest', () => {
    expect(splitSentences('ollama cannot be reached: a.b:1: nothing (X). Start it. Then wait.')).toEqual({
      first: 'ollama cannot be reached: a.b:1: nothing (X).',
      rest: 'Start it. Then wait.',
    });
    expect(splitSentences('One sentence about qwen2.5-coder.')).toEqual({
      first: 'One sentence about qwen2.5-coder.',
      rest: '',
    });
  });
});
