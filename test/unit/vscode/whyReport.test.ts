import { describe, expect, it } from 'vitest';
import { whyReport } from '../../../src/vscode/whyReport.ts';
import { EVERY_PROBLEM, recentOutcome } from '../../support/editorFixtures.ts';

const latest = recentOutcome();
const skipped = recentOutcome({ outcome: { kind: 'skipped', why: 'languageOff' } });
const now = { nowMs: latest.atMs + 3000, problem: undefined, timeZone: 'UTC' };

describe('why no suggestion?', () => {
  it('answers in its first line, with the place and the setting that governs it', () => {
    const report = whyReport([skipped, latest], now);
    expect(report.headline).toBe('No suggestion at line 42, 3 s ago: completions are turned off for this language.');
    expect(report.settingKey).toBe('minnow.completion.disabledLanguages');
  });

  it('lists what came before, newest first', () => {
    const earlier = recentOutcome({
      atMs: latest.atMs - 1000,
      outcome: { kind: 'cancelled', at: 'firstToken' },
      durationMs: 120,
    });
    expect(whyReport([latest, earlier], now).rows).toEqual([
      {
        time: '12:04:31',
        word: 'shown',
        sentence: 'The suggestion came from the model.',
        took: '84 ms',
        settingKey: undefined,
      },
      {
        time: '12:04:30',
        word: 'superseded',
        sentence: 'You typed on before the first token.',
        took: '120 ms',
        settingKey: undefined,
      },
    ]);
  });

  it('puts a state of the engine first: it explains every trigger to come', () => {
    const report = whyReport([latest], { ...now, problem: EVERY_PROBLEM.modelLoading });
    expect(report.headline).toContain('is being loaded into memory (38 %)');
    expect(whyReport([latest], { ...now, problem: EVERY_PROBLEM.modelMissing }).action?.command).toBe(
      'minnow.copyPullCommand',
    );
  });

  it('says so when nothing was asked for', () => {
    const report = whyReport([], now);
    expect(report.headline).toContain('Nothing was asked for yet');
    expect(report.action?.command).toBe('minnow.triggerCompletion');
  });

  it('keeps the case of a name at the start of a reason', () => {
    const failed = recentOutcome({ outcome: { kind: 'failed', problem: EVERY_PROBLEM.serverFailed } });
    expect(whyReport([failed], now).headline).toContain(': ollama answered with an error');
  });
});
