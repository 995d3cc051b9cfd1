import { assertNever } from '../base/assert.ts';
import { formatCount, formatDuration, formatPercent } from '../base/format.ts';
import type { EngineProblem } from '../routing/endpoint.ts';
import type { CommandId } from './commandTable.ts';
import { shortModelName } from './modelNames.ts';

/** How one state of the engine is told: docs/states.md lists them all. */
export interface EngineState {
  /** For the status bar, after the product's name: two or three words. */
  readonly short: string;
  /** Only when nothing will happen until the user does something: then the status bar takes the warning colour. */
  readonly needsUser: boolean;
  /** Minnow is at work on it by itself: the status bar shows a spinner. */
  readonly isPassing: boolean;
  /** What happened, what it means, the one thing to do. */
  readonly sentence: string;
  readonly action: StateAction | undefined;
}

export interface StateAction {
  readonly title: string;
  readonly command: CommandId;
  readonly argument?: string;
}

/** Written for people; every text that came from a server or a file is shown as text, never interpreted. */
export function describeProblem(problem: EngineProblem): EngineState {
  switch (problem.kind) {
    case 'starting':
      return passing('starting', 'Minnow is looking for a model server.');
    case 'notSetUp':
      return stuck(
        'set up',
        SET_UP,
        'No model is chosen yet and no model server was found. Choose where suggestions come from.',
      );
    case 'endpointUnknown':
      return stuck(
        'unknown endpoint',
        EDIT_ENDPOINTS,
        `The ladder names the endpoint "${problem.endpoint}", which your settings do not define. Add it, or choose another model.`,
      );
    case 'serverNotRunning':
      return stuck(
        'no server',
        LOOK_AGAIN,
        `${problem.endpoint} cannot be reached: ${problem.detail}. Start it; Minnow notices by itself.`,
      );
    case 'notAnApi':
      return stuck(
        'wrong address',
        EDIT_ENDPOINTS,
        `The address of ${problem.endpoint} is wrong: ${problem.detail}. Correct ${problem.url}.`,
      );
    case 'unauthorized':
      return stuck(
        'needs a key',
        { title: 'Set API Key…', command: 'minnow.setApiKey', argument: problem.endpoint },
        `${problem.endpoint} refuses requests without a valid key. Enter the key for ${problem.url}.`,
      );
    case 'redirected':
      return stuck(
        'redirected',
        EDIT_ENDPOINTS,
        `${problem.endpoint} sends requests on to ${problem.location}. Minnow never follows, so that code cannot be led elsewhere. Enter the final address.`,
      );
    case 'notPermitted':
      return stuck(
        'not allowed',
        EDIT_ENDPOINTS,
        `${problem.origin} is not a server that your own settings name, so nothing is sent there. Add ${problem.endpoint} to your endpoints.`,
      );
    case 'unencrypted':
      return stuck(
        'not encrypted',
        EDIT_ENDPOINTS,
        `${problem.origin} is an address of the internet without encryption, so nothing is sent there. Use https for ${problem.endpoint}.`,
      );
    case 'serverSilent':
      return stuck(
        'no answer',
        LOOK_AGAIN,
        `${problem.endpoint} took a request and said nothing for ${formatDuration(problem.limitMs)}. It may be busy with other work, or the model is too large for it.`,
      );
    case 'serverFailed':
      return stuck(
        'server error',
        SHOW_LOG,
        `${problem.endpoint} answered with an error (${problem.detail}). The log has the details.`,
      );
    default:
      return describeModelProblem(problem);
  }
}

type ModelProblem = Extract<EngineProblem, { kind: `model${string}` | `embedded${string}` | 'promptTooLong' }>;

function describeModelProblem(problem: ModelProblem): EngineState {
  switch (problem.kind) {
    case 'modelMissing':
      return describeMissingModel(problem);
    case 'modelLoading': {
      const percent = problem.fraction === undefined ? '' : ` ${formatPercent(problem.fraction)}`;
      const name = shortModelName(problem.model);
      return passing(
        `Loading ${name}${percent}`,
        `${problem.model} is being loaded into memory${percent && ` (${percent.trim()})`}. Suggestions start when it is there.`,
      );
    }
    case 'modelWithoutFim':
      return stuck(
        'wrong model',
        SWITCH_MODEL,
        `${problem.model} cannot fill in the middle of a text, so it makes no suggestions. Choose a model that can, such as a coder's base model.`,
      );
    case 'modelRemote':
      return stuck(
        'remote model',
        SWITCH_MODEL,
        `${problem.endpoint} would hand ${problem.model} to another company's machine, so nothing is sent. Choose a model that runs locally.`,
      );
    case 'modelHung':
      return stuck(
        'model hangs',
        LOOK_AGAIN,
        `${problem.model} stopped answering, also after ${problem.endpoint} was told to unload it. Restart ${problem.endpoint}.`,
      );
    case 'promptTooLong': {
      const limit = problem.limitTokens === undefined ? '' : ` of ${formatCount(problem.limitTokens)} tokens`;
      return stuck(
        'prompt too long',
        openSetting('minnow.completion.maxPromptTokens'),
        `The prompt did not fit the window${limit} that the server gave ${problem.model}. Lower the limit for prompts, or let the server use a larger window.`,
      );
    }
    default:
      return describeEmbeddedProblem(problem);
  }
}

function describeMissingModel(problem: Extract<EngineProblem, { kind: 'modelMissing' }>): EngineState {
  const what = `${problem.endpoint} does not have ${problem.model}.`;
  if (problem.pullCommand === undefined) {
    return stuck('model missing', SWITCH_MODEL, `${what} Choose one that it serves.`);
  }
  return stuck(
    'model missing',
    { title: 'Copy Pull Command', command: 'minnow.copyPullCommand', argument: problem.pullCommand },
    `${what} Run \`${problem.pullCommand}\` in a terminal; Minnow notices when it is there.`,
  );
}

type EmbeddedProblem = Extract<EngineProblem, { kind: `embedded${string}` }>;

function describeEmbeddedProblem(problem: EmbeddedProblem): EngineState {
  switch (problem.kind) {
    case 'embeddedAbsent':
      return stuck(
        'no engine',
        SET_UP,
        `The embedded engine is not part of this installation (${problem.detail}). Choose a model server instead.`,
      );
    case 'embeddedFileMissing':
      return stuck(
        'model file missing',
        openSetting('minnow.embedded.modelPath'),
        `There is no model file at ${problem.path}. Correct the path, or leave it empty for the model that comes with Minnow.`,
      );
    case 'embeddedFileDamaged':
      return stuck(
        'model file damaged',
        openSetting('minnow.embedded.modelPath'),
        `${problem.path} cannot be read as a GGUF model (${problem.detail}). Download it again, or choose another file.`,
      );
    case 'embeddedCrashed':
      return stuck(
        'engine stopped',
        { title: 'Restart', command: 'minnow.restartEmbeddedEngine' },
        `The embedded engine ended unexpectedly (${problem.detail}). Your files are untouched; start it again.`,
      );
    default:
      return assertNever(problem);
  }
}

const SET_UP: StateAction = { title: 'Set Up…', command: 'minnow.setUp' };
const LOOK_AGAIN: StateAction = { title: 'Look Again', command: 'minnow.lookAgain' };
const SHOW_LOG: StateAction = { title: 'Show Log', command: 'minnow.showLog' };
const SWITCH_MODEL: StateAction = { title: 'Switch Model…', command: 'minnow.switchModel', argument: 'edge' };
const EDIT_ENDPOINTS = openSetting('minnow.endpoints');

function openSetting(key: string): StateAction {
  return { title: 'Open Setting', command: 'minnow.openSettings', argument: key };
}

function stuck(short: string, action: StateAction, sentence: string): EngineState {
  return { short, sentence, needsUser: true, isPassing: false, action };
}

function passing(short: string, sentence: string): EngineState {
  return { short, sentence, needsUser: false, isPassing: true, action: undefined };
}
