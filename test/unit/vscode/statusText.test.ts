import { describe, expect, it } from 'vitest';
import { renderStatus, type StatusFacts } from '../../../src/vscode/statusText.ts';
import { EVERY_PROBLEM } from '../../support/editorFixtures.ts';

const ready: StatusFacts = {
  completions: 'on',
  problem: undefined,
  locality: 'loopback',
  isBusy: false,
  lastSuggestion: { tookMs: 84, locality: 'loopback' },
  isSlow: false,
};

describe('the status bar', () => {
  it.each<[name: string, facts: Partial<StatusFacts>, text: string, isWarning: boolean]>([
    ['ready', {}, '$(lock) 84 ms', false],
    ['ready, nothing yet', { lastSuggestion: undefined }, '$(lock) Minnow', false],
    ['on the own network', { lastSuggestion: { tookMs: 240, locality: 'lan' } }, '$(server) 240 ms', false],
    ['answered remotely', { lastSuggestion: { tookMs: 1204, locality: 'remote' } }, '$(cloud) 1.20 s', false],
    ['busy', { isBusy: true }, '$(loading~spin) Minnow', false],
    ['slow', { isSlow: true, lastSuggestion: { tookMs: 2410, locality: 'loopback' } }, '$(lock) 2.41 s · slow', false],
    ['paused', { completions: 'offEverywhere' }, '$(circle-slash) Minnow', false],
    ['paused here', { completions: 'offForLanguage' }, '$(circle-slash) Minnow', false],
    ['starting', { problem: EVERY_PROBLEM.starting }, '$(loading~spin) Minnow: starting', false],
    ['loading', { problem: EVERY_PROBLEM.modelLoading }, '$(loading~spin) Loading qwen2.5-coder 38 %', false],
    ['not set up', { problem: EVERY_PROBLEM.notSetUp }, '$(rocket) Minnow: set up', false],
    ['no server', { problem: EVERY_PROBLEM.serverNotRunning }, '$(warning) Minnow: no server', true],
    ['model missing', { problem: EVERY_PROBLEM.modelMissing }, '$(warning) Minnow: model missing', true],
    ['needs a key', { problem: EVERY_PROBLEM.unauthorized }, '$(warning) Minnow: needs a key', true],
    ['remote model', { problem: EVERY_PROBLEM.modelRemote }, '$(warning) Minnow: remote model', true],
  ])('says %s', (_, facts, text, isWarning) => {
    expect(renderStatus({ ...ready, ...facts })).toMatchObject({ text, isWarning });
  });

  it('puts what the user turned off before every trouble', () => {
    const item = renderStatus({ ...ready, completions: 'offEverywhere', problem: EVERY_PROBLEM.serverNotRunning });
    expect(item).toMatchObject({ text: '$(circle-slash) Minnow', isWarning: false });
    expect(item.action?.command).toBe('minnow.toggleCompletions');
  });

  it('says in words what its icons say', () => {
    expect(renderStatus(ready).label).toBe('The last suggestion took 84 ms, on this machine.');
    expect(renderStatus({ ...ready, lastSuggestion: { tookMs: 84, locality: 'remote' } }).label).toContain(
      'remote machine',
    );
  });

  it('draws no icon out of the name of a model', () => {
    const { text } = renderStatus({
      ...ready,
      problem: { kind: 'modelLoading', model: '$(error)', fraction: undefined },
    });
    expect(text.match(/\$\(/g)).toHaveLength(1);
  });
});
