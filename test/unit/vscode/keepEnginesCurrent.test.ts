import { beforeEach, describe, expect, it } from 'vitest';
import { Emitter } from '../../../src/base/emitter.ts';
import type { EngineProblem } from '../../../src/routing/endpoint.ts';
import { parseSettings } from '../../../src/settings/parseSettings.ts';
import { keepEnginesCurrent } from '../../../src/vscode/keepEnginesCurrent.ts';
import { EVERY_PROBLEM } from '../../support/editorFixtures.ts';
import { FakeClock } from '../../support/fakeClock.ts';

const settingsChanged = new Emitter<void>();
const keyChanged = new Emitter<void>();
const focused = new Emitter<unknown>();
let clock: FakeClock;
let values: Record<string, unknown>;
let problem: EngineProblem | undefined;
let done: string[];

beforeEach(() => {
  clock = new FakeClock();
  values = {};
  problem = undefined;
  done = [];
  for (const emitter of [settingsChanged, keyChanged, focused]) emitter.dispose();
  keepEnginesCurrent({
    clock,
    settingsStore: { current: () => parseSettings(key => values[key]).settings, onDidChange: settingsChanged.event },
    keys: { onDidChange: listener => keyChanged.event(listener) },
    embedded: { configure: ({ modelPath }) => done.push(`configure ${modelPath}`) },
    inventory: {
      refresh: async () => {
        done.push('look');
      },
      report: rung => ({ rung, candidate: undefined, problem, residency: undefined }),
    },
    onDidFocusWindow: focused.event,
  });
});

describe('keeping the engines current', () => {
  it('looks after the start, not in it', async () => {
    expect(done).toEqual([]);
    await clock.advance(0);
    expect(done).toEqual(['look']);
  });

  it('looks again when the user chose something else, and only then', () => {
    values['completion.enabled'] = false;
    settingsChanged.fire();
    expect(done).toEqual([]);
    values['embedded.modelPath'] = '/m.gguf';
    settingsChanged.fire();
    expect(done).toEqual(['configure /m.gguf', 'look']);
  });

  it('looks again when a key was entered', () => {
    keyChanged.fire();
    expect(done).toEqual(['look']);
  });

  it('looks again when the user comes back while something is wrong', () => {
    focused.fire(undefined);
    expect(done).toEqual([]);
    problem = EVERY_PROBLEM.serverNotRunning;
    focused.fire(undefined);
    expect(done).toEqual(['look']);
  });
});
