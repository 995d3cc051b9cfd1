import { describe, expect, it } from 'vitest';
import { Emitter } from '../../../src/base/emitter.ts';
import type { CompletionEngine, RecentOutcome } from '../../../src/completion/completionEngine.ts';
import { RecentRequests } from '../../../src/metering/recentRequests.ts';
import type { Rung } from '../../../src/metering/requestRecord.ts';
import type { RungReport } from '../../../src/models/inventory.ts';
import { parseSettings } from '../../../src/settings/parseSettings.ts';
import { createEditorState, type EditorStateNeeds } from '../../../src/vscode/editorState.ts';
import { EVERY_PROBLEM, recentOutcome, requestRecord } from '../../support/editorFixtures.ts';
import { FakeClock } from '../../support/fakeClock.ts';
import { endpointOf, modelFacts, ScriptedBackend } from '../../support/scriptedBackend.ts';

function world() {
  const clock = new FakeClock();
  const outcomes: RecentOutcome[] = [];
  const onOutcome = new Emitter<RecentOutcome>();
  const inventoryChanged = new Emitter<void>();
  const endpoint = endpointOf(new ScriptedBackend('ollama'));
  const model = { ...modelFacts('coder'), sizeBytes: 1_000_000_000 };
  const state = {
    clock,
    values: {} as Record<string, unknown>,
    languageId: 'python' as string | undefined,
    requests: new RecentRequests(),
    report(rung: Rung): RungReport {
      return { rung, candidate: { rung, endpoint, model }, problem: undefined, residency: { state: 'resident' } };
    },
    show(outcome: RecentOutcome) {
      outcomes.unshift(outcome);
      onOutcome.fire(outcome);
    },
    inventoryChanged,
  };
  const engine = { onOutcome: onOutcome.event, recentOutcomes: () => outcomes } as Partial<CompletionEngine>;
  const needs = {
    clock,
    settings: () => parseSettings(key => state.values[key]).settings,
    languageId: () => state.languageId,
    engine,
    inventory: { onDidChange: inventoryChanged.event, report: (rung: Rung) => state.report(rung) },
    requests: state.requests,
    spending: { current: () => undefined, onDidChange: () => ({ dispose() {} }) },
  } as unknown as EditorStateNeeds;
  return { ...state, state, editor: createEditorState(needs) };
}

function shown(requestId: string, durationMs: number): RecentOutcome {
  const suggestion = { id: `s ${requestId}`, requestId, text: 'x', replacedSuffixChars: 0 };
  return recentOutcome({ durationMs, outcome: { kind: 'shown', from: 'stream', suggestion } });
}

describe('the state of the editor', () => {
  it('shows a sign of work only for a wait that people notice', async () => {
    const { editor, clock } = world();
    let changes = 0;
    editor.onDidChange(() => changes++);
    const quick = editor.waiting();
    await clock.advance(399);
    quick();
    expect(changes).toBe(0);
    const slow = editor.waiting();
    await clock.advance(400);
    expect(editor.status().isBusy).toBe(true);
    slow();
    expect(editor.status().isBusy).toBe(false);
    expect(changes).toBe(2);
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives the time after which a suggestion first appeared, however long it is typed along', () => {
    const { editor, show } = world();
    show(shown('a', 500));
    show(shown('b', 84));
    show(shown('b', 0.2));
    show(recentOutcome({ outcome: { kind: 'skipped', why: 'insideWord' } }));
    expect(editor.status().lastSuggestion).toEqual({ tookMs: 84, locality: 'loopback' });
  });

  it('names the place that answered, not the one that would answer now', () => {
    const { editor, show, requests } = world();
    requests.append(requestRecord({ id: 'far', locality: 'remote' }));
    show(shown('far', 900));
    expect(editor.status()).toMatchObject({ lastSuggestion: { locality: 'remote' }, locality: 'loopback' });
  });

  it('knows what the user turned off, and for which language', () => {
    const { editor, state } = world();
    expect(editor.status().completions).toBe('on');
    state.values['completion.disabledLanguages'] = ['python'];
    expect(editor.status().completions).toBe('offForLanguage');
    state.values['completion.enabled'] = false;
    expect(editor.status().completions).toBe('offEverywhere');
  });

  it('passes on what stands in the way, with its sentence', () => {
    const { editor, state } = world();
    state.report = rung => ({ rung, candidate: undefined, problem: EVERY_PROBLEM.modelMissing, residency: undefined });
    expect(editor.status().problem).toEqual(EVERY_PROBLEM.modelMissing);
    expect(editor.hover().state?.action?.command).toBe('minnow.copyPullCommand');
    expect(editor.hover().residents).toEqual([]);
  });

  it('lists a model that serves several rungs once', () => {
    const { residents } = world().editor.hover();
    expect(residents).toEqual([{ name: 'coder', sizeBytes: 1_000_000_000, untilMs: undefined }]);
  });
});
