import { formatDuration } from '../base/format.ts';
import type { RecentOutcome } from '../completion/completionEngine.ts';
import type { Rung } from '../metering/requestRecord.ts';
import type { EndpointReport, RungReport } from '../models/inventory.ts';
import type { MinnowSettings, ModelReference } from '../settings/settings.ts';
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
  const { completion, embedded, fallback, ladder } = facts.settings;
  const sections: readonly (readonly [heading: string, lines: readonly string[]])[] = [
    ['Versions', Object.entries(facts.versions).map(([what, version]) => `${what}: ${version}`)],
    ['Models', RUNGS.map(rung => `${rung}: ${rungText(facts.rungs[rung], ladder[rung])}`)],
    ['Servers', facts.endpoints.map(endpointText)],
    ['Settings', settingLines({ fallback, completion, embedded })],
    ['The last triggers', facts.outcomes.slice(0, OUTCOMES_TOLD).map(outcomeText)],
  ];
  const told = sections.map(([heading, lines]) => `## ${heading}\n\n${lines.map(line => `- ${line}\n`).join('')}`);
  return ['# Minnow diagnosis\n', 'No code, no suggestion and no key is in this text.\n', ...told].join('\n');
}

const RUNGS: readonly Rung[] = ['edge', 'workhorse', 'foundation'];

function settingLines({
  fallback,
  completion,
  embedded,
}: Pick<MinnowSettings, 'fallback' | 'completion' | 'embedded'>) {
  return [
    `fallback: ${fallback}`,
    ...Object.entries(completion).map(([key, value]) => `completion.${key}: ${JSON.stringify(value)}`),
    ...Object.entries(embedded).map(([key, value]) => `embedded.${key}: ${JSON.stringify(value)}`),
  ];
}

function rungText({ rung, candidate, problem, residency }: RungReport, chosen: ModelReference | undefined): string {
  if (rung === 'foundation' && !chosen) return 'none chosen';
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
