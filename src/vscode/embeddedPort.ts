import { assertNever } from '../base/assert.ts';
import type { EmbeddedState, EmbeddedSupervisor } from '../embedded/supervisor.ts';
import type { EmbeddedEngine, EmbeddedEngineState } from '../models/embeddedEngine.ts';
import { shortModelName } from './modelNames.ts';

/** The supervisor of the child process as the inventory knows it. */
export function embeddedEngineOf(supervisor: EmbeddedSupervisor, isEnabled: () => boolean): EmbeddedEngine {
  return {
    state: () => (isEnabled() ? engineState(supervisor.state) : TURNED_OFF),
    onDidChange: listener => supervisor.onDidChangeState(() => listener()),
    start: () => {
      if (isEnabled()) void supervisor.start(new AbortController().signal);
    },
  };
}

/** The bearer token of the running engine, for its own address alone. */
export function embeddedToken(supervisor: EmbeddedSupervisor, origin: string): string | undefined {
  const { state } = supervisor;
  return state.kind === 'ready' && new URL(state.url).origin === origin ? state.token : undefined;
}

const TURNED_OFF: EmbeddedEngineState = {
  kind: 'unusable',
  problem: { kind: 'embeddedAbsent', detail: 'it is turned off in the settings' },
};

function engineState(state: EmbeddedState): EmbeddedEngineState {
  switch (state.kind) {
    case 'stopped':
      return { kind: 'stopped' };
    case 'starting':
      return { kind: 'starting', model: shortModelName(state.modelPath) };
    case 'ready':
      return { kind: 'ready', url: state.url, model: state.model.name };
    case 'absent':
      return { kind: 'unusable', problem: { kind: 'embeddedAbsent', detail: state.detail } };
    case 'fileMissing':
      return { kind: 'unusable', problem: { kind: 'embeddedFileMissing', path: state.path } };
    case 'fileDamaged':
      return { kind: 'unusable', problem: { kind: 'embeddedFileDamaged', path: state.path, detail: state.detail } };
    case 'crashed':
      return { kind: 'unusable', problem: { kind: 'embeddedCrashed', detail: state.detail } };
    default:
      return assertNever(state);
  }
}
