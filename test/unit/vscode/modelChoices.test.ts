import { describe, expect, it } from 'vitest';
import type { ModelListing } from '../../../src/backends/backend.ts';
import { failure, success } from '../../../src/base/result.ts';
import type { EndpointReport } from '../../../src/models/inventory.ts';
import { parseSettings } from '../../../src/settings/parseSettings.ts';
import { modelGroups } from '../../../src/vscode/modelChoices.ts';
import { EVERY_PROBLEM } from '../../support/editorFixtures.ts';

function model(name: string, changes: Partial<ModelListing> = {}): ModelListing {
  return {
    name,
    sizeBytes: 1_930_000_000,
    quantization: 'Q4_K_M',
    parameterSize: undefined,
    isRemote: false,
    ...changes,
  };
}

const ollama = { name: 'ollama', url: 'http://127.0.0.1:11434', dialect: 'ollama' } as const;
const team = { name: 'team', url: 'https://llm.example', dialect: 'openai' } as const;

function reports(...models: ModelListing[]): EndpointReport[] {
  return [
    { setting: ollama, locality: 'loopback', listed: success(models) },
    { setting: team, locality: 'remote', listed: failure(EVERY_PROBLEM.unauthorized) },
  ];
}

function settings(values: Record<string, unknown> = {}) {
  return parseSettings(key => values[key]).settings;
}

describe('the models to choose from', () => {
  it('names size, quantization and where each runs, smallest first', () => {
    const groups = modelGroups(
      'edge',
      reports(model('large'), model('small', { sizeBytes: 99e6, quantization: undefined })),
      settings(),
    );
    expect(groups[1]).toMatchObject({
      title: 'ollama · http://127.0.0.1:11434',
      choices: [
        { label: '$(lock) small', description: '99.0 MB · this machine', reference: 'ollama/small' },
        { label: '$(lock) large', description: '1.9 GB · Q4_K_M · this machine', reference: 'ollama/large' },
      ],
    });
  });

  it('marks a model that a local server hands on as remote', () => {
    const [, group] = modelGroups('edge', reports(model('big:cloud', { isRemote: true })), settings());
    expect(group?.choices[0]).toMatchObject({ label: '$(cloud) big:cloud', description: 'Q4_K_M · remote' });
  });

  it('marks what is chosen now', () => {
    const chosen = modelGroups('edge', reports(model('a'), model('b')), settings({ 'ladder.edge': 'ollama/b' }));
    expect(chosen.flatMap(({ choices }) => choices).filter(({ label }) => label.includes('$(check)'))).toMatchObject([
      { reference: 'ollama/b' },
    ]);
    const automatic = modelGroups('edge', [], settings());
    expect(automatic[0]?.choices[0]?.label).toBe('Let Minnow choose $(check)');
  });

  it('says why a server lists nothing, in its place', () => {
    const group = modelGroups('edge', reports(), settings()).at(-1);
    expect(group?.choices).toMatchObject([{ label: '$(warning) needs a key', reference: undefined }]);
  });

  it('chooses nothing by itself for the rung that costs', () => {
    expect(modelGroups('foundation', reports(model('a')), settings())[0]?.title).toContain('ollama');
  });

  it('offers the embedded engine unless it is turned off', () => {
    const references = (values: Record<string, unknown>) =>
      modelGroups('edge', [], settings(values)).flatMap(({ choices }) => choices.map(({ reference }) => reference));
    expect(references({})).toEqual(['', 'embedded/model']);
    expect(references({ 'embedded.enabled': false })).toEqual(['']);
  });
});
