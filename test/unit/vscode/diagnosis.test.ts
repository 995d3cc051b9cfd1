import { describe, expect, it } from 'vitest';
import { failure, success } from '../../../src/base/result.ts';
import { parseSettings } from '../../../src/settings/parseSettings.ts';
import { type DiagnosisFacts, diagnosisText } from '../../../src/vscode/diagnosis.ts';
import { EVERY_PROBLEM, recentOutcome, shown } from '../../support/editorFixtures.ts';

const none = { candidate: undefined, problem: EVERY_PROBLEM.serverNotRunning, residency: undefined };
const ollama = { name: 'ollama', url: 'http://127.0.0.1:11434', dialect: 'ollama' } as const;

const facts: DiagnosisFacts = {
  versions: { Minnow: '0.1.0' },
  settings: parseSettings(() => undefined).settings,
  rungs: {
    edge: { rung: 'edge', ...none },
    workhorse: { rung: 'workhorse', ...none },
    foundation: { rung: 'foundation', ...none },
  },
  endpoints: [
    { setting: ollama, locality: 'loopback', listed: failure(EVERY_PROBLEM.serverNotRunning) },
    { setting: { ...ollama, name: 'other' }, locality: 'loopback', listed: success([]) },
  ],
  outcomes: [recentOutcome({ outcome: shown('stream') })],
};

describe('a diagnosis', () => {
  it('tells versions, models, servers, settings and the last triggers', () => {
    const text = diagnosisText(facts);
    expect(text).toContain('- Minnow: 0.1.0');
    expect(text).toContain('- edge: serverNotRunning. ollama cannot be reached');
    expect(text).toContain('- foundation: none chosen');
    expect(text).toContain('- other at http://127.0.0.1:11434 (ollama, loopback): 0 models');
    expect(text).toContain('- completion.maxTokens: 96');
    expect(text).toContain('- automatic, 84 ms: shown. The suggestion came from the model.');
  });

  it('holds no suggested text', () => {
    expect(diagnosisText(facts)).not.toContain('return total');
  });
});
