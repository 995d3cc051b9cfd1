import { describe, expect, it } from 'vitest';
import { failure, success } from '../../../src/base/result.ts';
import type { EndpointReport } from '../../../src/models/inventory.ts';
import { setUpChoices } from '../../../src/vscode/setUpChoices.ts';
import { EVERY_PROBLEM } from '../../support/editorFixtures.ts';
import { modelFacts } from '../../support/scriptedBackend.ts';

const ollama = { name: 'ollama', url: 'http://127.0.0.1:11434', dialect: 'ollama' } as const;
const found: EndpointReport = { setting: ollama, locality: 'loopback', listed: success([modelFacts('m')]) };
const silent: EndpointReport = {
  setting: ollama,
  locality: 'loopback',
  listed: failure(EVERY_PROBLEM.serverNotRunning),
};
const denying: EndpointReport = {
  setting: { ...ollama, name: 'team', url: 'https://llm.example' },
  locality: 'remote',
  listed: failure(EVERY_PROBLEM.unauthorized),
};

describe('setting up', () => {
  it('offers what was found first, what always works next, and what needs a hand last', () => {
    const choices = setUpChoices([silent, { ...found, setting: { ...ollama, name: 'second' } }], { hasEmbedded: true });
    expect(choices.map(({ label }) => label)).toEqual([
      '$(check) second at http://127.0.0.1:11434',
      '$(lock) The embedded engine',
      '$(circle-slash) ollama at http://127.0.0.1:11434',
      '$(add) Add a model server…',
    ]);
  });

  it('leads from a server that was found to its models', () => {
    const [choice] = setUpChoices([found], { hasEmbedded: false });
    expect(choice).toMatchObject({
      description: '1 model · this machine',
      does: { command: 'minnow.switchModel', argument: 'edge' },
    });
  });

  it('tells who has no Ollama where it comes from, and who has a wrong endpoint where to mend it', () => {
    const [absent, wrong] = setUpChoices([silent, denying], { hasEmbedded: false });
    expect(absent?.does).toEqual({ kind: 'visit', address: 'https://ollama.com/download' });
    expect(wrong?.does).toMatchObject({ command: 'minnow.openSettings', argument: 'minnow.endpoints' });
  });
});
