import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { COMMANDS } from '../../../src/vscode/commandTable.ts';
import { describeProblem } from '../../../src/vscode/engineStates.ts';
import { EVERY_PROBLEM } from '../../support/editorFixtures.ts';

const problems = Object.values(EVERY_PROBLEM);
const stateList = readFileSync(new URL('../../../docs/states.md', import.meta.url), 'utf8');

describe('engine states', () => {
  it.each(problems.map(problem => [problem.kind, problem] as const))(
    '%s is short, whole and can be acted on',
    (_, problem) => {
      const state = describeProblem(problem);
      expect(state.short.length).toBeLessThanOrEqual(40);
      expect(state.sentence).toMatch(/^\S.*\.$/s);
      expect(state.sentence).not.toMatch(/!|Oops|undefined|\[object/);
      if (state.needsUser) expect(state.action).toBeDefined();
      if (state.action) expect(Object.keys(COMMANDS)).toContain(state.action.command);
      expect(state.needsUser && state.isPassing).toBe(false);
    },
  );

  it.each(problems.map(({ kind }) => kind))('%s is listed in docs/states.md', kind => {
    expect(stateList).toContain(`| \`${kind}\` |`);
  });

  it('gives the exact pull command to copy', () => {
    const { action, sentence } = describeProblem(EVERY_PROBLEM.modelMissing);
    expect(action).toEqual({
      title: 'Copy Pull Command',
      command: 'minnow.copyPullCommand',
      argument: 'ollama pull qwen2.5-coder:1.5b',
    });
    expect(sentence).toContain('`ollama pull qwen2.5-coder:1.5b`');
  });

  it('offers another model where a server cannot pull', () => {
    const state = describeProblem({ ...EVERY_PROBLEM.modelMissing, pullCommand: undefined });
    expect(state.action?.command).toBe('minnow.switchModel');
    expect(state.sentence).not.toContain('pull');
  });

  it('asks for the key of the endpoint that refused', () => {
    expect(describeProblem(EVERY_PROBLEM.unauthorized).action).toMatchObject({
      command: 'minnow.setApiKey',
      argument: 'team',
    });
  });

  it('tells how far loading is only when that is known', () => {
    expect(describeProblem(EVERY_PROBLEM.modelLoading).short).toBe('Loading qwen2.5-coder 38 %');
    expect(describeProblem({ ...EVERY_PROBLEM.modelLoading, fraction: undefined }).short).toBe('Loading qwen2.5-coder');
  });
});
