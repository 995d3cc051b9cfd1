import type { EndpointReport } from '../models/inventory.ts';
import { EMBEDDED_ENDPOINT, OLLAMA_ENDPOINT } from '../settings/settings.ts';
import type { CommandId } from './commandTable.ts';
import { describeProblem } from './engineStates.ts';
import { escapeIcons } from './markdownText.ts';
import { LOCALITY_WORDS } from './statusText.ts';

/** One way to get suggestions, found or always there. */
export interface SetUpChoice {
  readonly label: string;
  readonly description: string;
  readonly detail?: string;
  readonly does: SetUpDeed;
}

export type SetUpDeed =
  | { readonly kind: 'command'; readonly command: CommandId; readonly argument?: string }
  | { readonly kind: 'useModel'; readonly reference: string }
  | { readonly kind: 'visit'; readonly address: string };

/** Servers that answer come first; then the engine that needs nothing else; then what a person would have to do. */
export function setUpChoices(
  reports: readonly EndpointReport[],
  { hasEmbedded }: { readonly hasEmbedded: boolean },
): readonly SetUpChoice[] {
  return [
    ...reports.filter(({ listed }) => listed.ok).map(foundServer),
    ...(hasEmbedded ? [EMBEDDED] : []),
    ...reports.filter(({ listed }) => !listed.ok).map(silentServer),
    ADD_SERVER,
  ];
}

function foundServer({ setting, listed, locality }: EndpointReport): SetUpChoice {
  const count = listed.ok ? listed.value.length : 0;
  const models = count === 1 ? '1 model' : `${count} models`;
  return {
    label: `$(check) ${escapeIcons(setting.name)} at ${escapeIcons(setting.url)}`,
    description: `${models} · ${LOCALITY_WORDS[locality]}`,
    detail: count > 0 ? 'Choose one of its models for suggestions.' : 'It has no model yet; pull one first.',
    does: { kind: 'command', command: 'minnow.switchModel', argument: 'edge' },
  };
}

function silentServer({ setting, listed }: EndpointReport): SetUpChoice {
  const state = listed.ok ? undefined : describeProblem(listed.error);
  const isAbsentOllama = setting.name === OLLAMA_ENDPOINT && state?.short === 'no server';
  return {
    label: `$(circle-slash) ${escapeIcons(setting.name)} at ${escapeIcons(setting.url)}`,
    description: state?.short ?? '',
    detail: isAbsentOllama ? 'Install or start Ollama; Minnow notices by itself.' : escapeIcons(state?.sentence ?? ''),
    does: isAbsentOllama
      ? { kind: 'visit', address: 'https://ollama.com/download' }
      : { kind: 'command', command: 'minnow.openSettings', argument: 'minnow.endpoints' },
  };
}

const EMBEDDED: SetUpChoice = {
  label: '$(lock) The embedded engine',
  description: 'this machine, nothing to install',
  detail: 'Comes with a tiny model that works at once; a larger GGUF file can be chosen in the settings.',
  does: { kind: 'useModel', reference: `${EMBEDDED_ENDPOINT}/model` },
};

const ADD_SERVER: SetUpChoice = {
  label: '$(add) Add a model server…',
  description: 'vLLM, llama.cpp, LM Studio or any OpenAI-compatible one',
  does: { kind: 'command', command: 'minnow.openSettings', argument: 'minnow.endpoints' },
};
