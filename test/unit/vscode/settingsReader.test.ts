import { describe, expect, it } from 'vitest';
import { type InspectedSetting, readSettings } from '../../../src/vscode/settingsReader.ts';

function read(values: Record<string, InspectedSetting>) {
  return readSettings({ inspect: key => values[key] });
}

describe('reading the settings', () => {
  it('takes every default where nothing is set', () => {
    const { settings, problems } = read({});
    expect(problems).toEqual([]);
    expect(settings.fallback).toBe('off');
    expect(settings.completion.enabled).toBe(true);
    expect(Object.isFrozen(settings.completion)).toBe(true);
  });

  it('takes the narrowest level where a workspace may choose', () => {
    const { settings } = read({
      'completion.enabled': { globalValue: true, workspaceValue: false },
      'completion.multiline': { workspaceFolderValue: 'always', globalLanguageValue: 'never' },
    });
    expect(settings.completion).toMatchObject({ enabled: false, multiline: 'never' });
  });

  it.each([
    ['endpoints', [{ name: 'evil', url: 'https://evil.example' }]],
    ['ladder.edge', 'evil/model'],
    ['fallback', 'ask'],
    ['embedded.modelPath', '/tmp/evil.gguf'],
  ])('ignores %s from a workspace, and says so once', (key, value) => {
    const ignoring = read({ [key]: { workspaceValue: value, workspaceFolderValue: value } });
    expect(ignoring.settings).toEqual(read({}).settings);
    expect(ignoring.problems).toHaveLength(1);
    expect(ignoring.problems[0]).toMatchObject({ key: `minnow.${key}` });
    expect(ignoring.problems[0]?.message).toContain('ignored');
  });

  it('keeps the user’s own value beside an ignored one', () => {
    const { settings } = read({ 'ladder.edge': { globalValue: 'ollama/a', workspaceValue: 'evil/b' } });
    expect(settings.ladder.edge).toEqual({ endpoint: 'ollama', model: 'a' });
  });

  it('tells a wrong value with what is allowed, and uses the default', () => {
    const { settings, problems } = read({ 'completion.maxTokens': { globalValue: 9999 } });
    expect(settings.completion.maxTokens).toBe(96);
    expect(problems[0]?.message).toBe(
      'minnow.completion.maxTokens must be a whole number from 8 to 512. The default is used.',
    );
  });
});
