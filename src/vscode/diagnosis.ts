import { formatDuration } from '../base/format.ts';
import type { RecentOutcome } from '../completion/completionEngine.ts';
import type { Rung } from '../metering/requestRecord.ts';
import type { EndpointReport, RungReport } from '../models/inventory.ts';
import type { MinnowSettings } from '../settings/settings.ts';
import { describeProblem } from './engineStates.ts';
import { describeOutcome } from './outcomeSentences.ts';

/** What may be pasted into a bug report: versions, states, times and names; no code, no key. */
export interface DiagnosisFacts {
  readonly versions: { readonly [what: string]: string };
  readonly settings: MinnowSettings;
  readonly rungs: { readonly [rung in Rung]: RungReport };
  readonly endpoints: readonly EndpointReport[];
  readonly outcomes: readonly RecentOutcome[];
}

const OUTCOMES_TOLD = 20;

export function diagnosisText(facts: DiagnosisFacts): string {
  const { completion, embedded, fallback } = facts.settings;
  return `${[
    '# Minnow diagnosis',
    'No code, no completion and no key is in this text.',
    '## Versions',
    ...Object.entries(facts.versions).map(([what, version]) => `- ${what}: ${version}`),
    '## Models',
    ...Object.entries(facts.rungs).map(([rung, report]) => `- ${rung}: ${rungText(report)}`),
    '## Servers',
    ...facts.endpoints.map(report => `- ${endpointText(report)}`),
    '## Settings',
    `- fallback: ${fallback}`,
    ...Object.entries(completion).map(([key, value]) => `- completion.${key}: ${JSON.stringify(value)}`),
    ...Object.entries(embedded).map(([key, value]) => `- embedded.${key}: ${JSON.stringify(value)}`),
    '## The last triggers',
    ...facts.outcomes.slice(0, OUTCOMES_TOLD).map(outcome => `- ${outcomeText(outcome)}`),
  ].join('\n')}\n`;
}

function rungText({ candidate, problem, residency }: RungReport): string {
  if (!candidate) return problem ? `${problem.kind}. ${describeProblem(problem).sentence}` : 'nothing';
  const { endpoint, model } = candidate;
  const details = [
    model.quantization,
    model.architecture,
    `context ${model.contextTokens ?? 'unknown'}`,
    residency?.state,
  ];
  return `${endpoint.name}/${model.name} (${endpoint.backend.dialect}, ${details.filter(Boolean).join(', ')})`;
}

function endpointText({ setting, locality, listed }: EndpointReport): string {
  const what = listed.ok ? `${listed.value.length} models` : `${listed.error.kind}`;
  return `${setting.name} at ${setting.url} (${setting.dialect}, ${locality}): ${what}`;
}

function outcomeText({ outcome, durationMs, trigger }: RecentOutcome): string {
  const { word, sentence } = describeOutcome(outcome);
  return `${trigger}, ${formatDuration(durationMs)}: ${word}. ${sentence}`;
}
