import type { ModelListing } from '../backends/backend.ts';
import type { Locality } from '../backends/permit.ts';
import { formatBytes } from '../base/format.ts';
import type { Rung } from '../metering/requestRecord.ts';
import type { EndpointReport } from '../models/inventory.ts';
import { EMBEDDED_ENDPOINT, type MinnowSettings } from '../settings/settings.ts';
import { describeProblem } from './engineStates.ts';
import { escapeIcons } from './markdownText.ts';
import { LOCALITY_SIGN, LOCALITY_WORDS } from './statusText.ts';

/** What "Switch Model…" offers for a rung: models by endpoint, each with its size, quantization and where it runs. */
export interface ModelGroup {
  readonly title: string;
  readonly choices: readonly ModelChoice[];
}

export interface ModelChoice {
  readonly label: string;
  readonly description: string;
  readonly detail?: string;
  /** What is written into the settings: "endpointName/model", or empty for letting Minnow choose. Undefined: not to be chosen. */
  readonly reference: string | undefined;
}

export const RUNG_PURPOSES: Record<Rung, string> = {
  edge: 'suggestions while you type',
  workhorse: 'chat and edits',
  foundation: 'the rare hard question',
};

export function modelGroups(
  rung: Rung,
  reports: readonly EndpointReport[],
  settings: Pick<MinnowSettings, 'ladder' | 'embedded'>,
): readonly ModelGroup[] {
  const chosen = settings.ladder[rung];
  const current = chosen && `${chosen.endpoint}/${chosen.model}`;
  return [
    ...(rung === 'foundation' ? [] : [automaticGroup(settings, current)]),
    ...reports.map(report => endpointGroup(report, current)),
  ];
}

function automaticGroup({ embedded }: Pick<MinnowSettings, 'embedded'>, current: string | undefined): ModelGroup {
  const choose: ModelChoice = {
    label: mark('Let Minnow choose', current === undefined),
    description: 'an Ollama model that fits, else the embedded engine',
    reference: '',
  };
  if (!embedded.enabled) return { title: 'automatic', choices: [choose] };
  const reference = `${EMBEDDED_ENDPOINT}/model`;
  const file = embedded.modelPath.split(/[/\\]/).pop();
  const builtIn: ModelChoice = {
    label: mark(`${LOCALITY_SIGN.loopback} Embedded engine`, current?.startsWith(`${EMBEDDED_ENDPOINT}/`) ?? false),
    description: escapeIcons(`${file || 'the model that comes with Minnow'} · ${LOCALITY_WORDS.loopback}`),
    reference,
  };
  return { title: 'automatic', choices: [choose, builtIn] };
}

function endpointGroup({ setting, locality, listed }: EndpointReport, current: string | undefined): ModelGroup {
  const title = escapeIcons(`${setting.name} · ${setting.url}`);
  if (!listed.ok) {
    const { short, sentence } = describeProblem(listed.error);
    const told = { label: `$(warning) ${escapeIcons(short)}`, description: '', detail: escapeIcons(sentence) };
    return { title, choices: [{ ...told, reference: undefined }] };
  }
  if (listed.value.length === 0) {
    return { title, choices: [{ label: 'No models', description: 'this server has none yet', reference: undefined }] };
  }
  const choices = [...listed.value]
    .sort((a, b) => Number(a.isRemote) - Number(b.isRemote) || (a.sizeBytes ?? 0) - (b.sizeBytes ?? 0))
    .map(model => modelChoice(model, { endpoint: setting.name, locality, current }));
  return { title, choices };
}

function modelChoice(
  model: ModelListing,
  { endpoint, locality, current }: { endpoint: string; locality: Locality; current: string | undefined },
): ModelChoice {
  const reference = `${endpoint}/${model.name}`;
  const where = model.isRemote ? 'remote' : locality;
  const details = [
    // What a local server keeps of a remote model is a note of a few hundred bytes, not the model.
    ...(model.sizeBytes === undefined || model.isRemote ? [] : [formatBytes(model.sizeBytes)]),
    ...(model.quantization === undefined ? [] : [model.quantization]),
    LOCALITY_WORDS[where],
  ];
  return {
    label: mark(`${LOCALITY_SIGN[where]} ${escapeIcons(model.name)}`, reference === current),
    description: escapeIcons(details.join(' · ')),
    reference,
  };
}

function mark(label: string, isCurrent: boolean): string {
  return isCurrent ? `${label} $(check)` : label;
}
