import { describe, expect, it } from 'vitest';
import { Emitter } from '../../../src/base/emitter.ts';
import type { NativeModelFacts } from '../../../src/embedded/nativeModel.ts';
import type { EmbeddedState, EmbeddedSupervisor } from '../../../src/embedded/supervisor.ts';
import { embeddedEngineOf, embeddedToken } from '../../../src/vscode/embeddedPort.ts';

function supervisorIn(state: EmbeddedState) {
  const changed = new Emitter<EmbeddedState>();
  let starts = 0;
  const supervisor: EmbeddedSupervisor = {
    state,
    onDidChangeState: changed.event,
    start: async () => {
      starts++;
      return state;
    },
    restart: async () => state,
    configure() {},
    stop() {},
    dispose() {},
  };
  return { supervisor, changed, starts: () => starts };
}

const model = { name: 'tiny' } as NativeModelFacts;
const ready: EmbeddedState = { kind: 'ready', url: 'http://127.0.0.1:4711', token: 'sesame', pid: 1, model };

describe('the embedded engine as the inventory knows it', () => {
  it.each<[state: EmbeddedState, kind: string, problem?: string]>([
    [{ kind: 'stopped' }, 'stopped'],
    [{ kind: 'starting', modelPath: '/m/tiny.gguf' }, 'starting'],
    [ready, 'ready'],
    [{ kind: 'absent', detail: 'x' }, 'unusable', 'embeddedAbsent'],
    [{ kind: 'fileMissing', path: '/m' }, 'unusable', 'embeddedFileMissing'],
    [{ kind: 'fileDamaged', path: '/m', detail: 'x' }, 'unusable', 'embeddedFileDamaged'],
    [{ kind: 'crashed', detail: 'x' }, 'unusable', 'embeddedCrashed'],
  ])('turns %o into %s', (state, kind, problem) => {
    const told = embeddedEngineOf(supervisorIn(state).supervisor, () => true).state();
    expect(told.kind).toBe(kind);
    expect(told.kind === 'unusable' ? told.problem.kind : undefined).toBe(problem);
  });

  it('is neither there nor started while it is turned off', () => {
    const { supervisor, starts } = supervisorIn({ kind: 'stopped' });
    const engine = embeddedEngineOf(supervisor, () => false);
    engine.start();
    expect(starts()).toBe(0);
    expect(engine.state()).toMatchObject({ kind: 'unusable', problem: { kind: 'embeddedAbsent' } });
  });

  it('gives its token to its own address alone', () => {
    const { supervisor } = supervisorIn(ready);
    expect(embeddedToken(supervisor, 'http://127.0.0.1:4711')).toBe('sesame');
    expect(embeddedToken(supervisor, 'http://127.0.0.1:4712')).toBeUndefined();
    expect(embeddedToken(supervisorIn({ kind: 'stopped' }).supervisor, 'http://127.0.0.1:4711')).toBeUndefined();
  });
});
