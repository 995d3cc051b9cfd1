import { formatCost, formatCount, formatDuration, formatSpeed, formatTimeOfDay, UNKNOWN } from '../base/format.ts';
import type { PromptPart } from '../metering/promptRecording.ts';
import type { RecentRequest } from '../metering/recentRequests.ts';
import type { RequestRecord } from '../metering/requestRecord.ts';
import type { FactShape, PromptPartShape, RequestDetailShape, RequestRowShape } from '../webview/inspectorProtocol.ts';
import {
  ACTION_WORDS,
  COST_EXPLANATIONS,
  outcomeSentence,
  outcomeWords,
  PHASE_ORDER,
  PHASES,
  PURPOSE_WORDS,
} from './meterWords.ts';
import { LOCALITY_WORDS } from './statusText.ts';

export function rowShape({ record, acceptances }: RecentRequest, timeZone?: string): RequestRowShape {
  return {
    id: record.id,
    time: formatTimeOfDay(record.startedAtMs, timeZone),
    purpose: PURPOSE_WORDS[record.purpose],
    model: record.model,
    isRemote: record.locality === 'remote',
    place: `${record.endpoint}, ${LOCALITY_WORDS[record.locality]}`,
    phases: PHASE_ORDER.flatMap(span => {
      const ms = record.spans[span];
      const { name, label } = PHASES[span];
      return ms === undefined ? [] : [{ name, label, ms, text: formatDuration(ms) }];
    }),
    totalMs: record.spans.totalMs,
    total: formatDuration(record.spans.totalMs),
    tokensIn: tokensIn(record),
    tokensOut: estimated(record, formatCount(record.usage.outputTokens)),
    cost: formatCost(record.costMicroUsd),
    outcome: outcomeWords(record, acceptances),
    kind: kindOf(record, acceptances.some(({ action }) => action.startsWith('accepted')) ? 'accepted' : 'other'),
  };
}

function kindOf({ outcome }: RequestRecord, fate: 'accepted' | 'other'): RequestRowShape['kind'] {
  if (outcome.kind === 'failed' || outcome.kind === 'refused') return 'bad';
  return fate === 'accepted' ? 'good' : 'plain';
}

function tokensIn({ usage }: RequestRecord): string {
  if (usage.inputTokens === undefined) return UNKNOWN;
  return `${formatCount(usage.inputTokens)} (${formatCount(usage.cachedInputTokens)})`;
}

function estimated({ usage }: RequestRecord, text: string): string {
  return usage.source === 'estimated' && text !== UNKNOWN ? `≈ ${text}` : text;
}

export function detailShape(
  request: RecentRequest,
  prompt?: readonly PromptPart[],
  timeZone?: string,
): RequestDetailShape {
  const { record } = request;
  return {
    id: record.id,
    title: `${PURPOSE_WORDS[record.purpose]} at ${formatTimeOfDay(record.startedAtMs, timeZone)}`,
    facts: [...answererFacts(record), ...timeFacts(record), ...tokenFacts(record), ...moneyFacts(record)],
    story: storyOf(request),
    prompt: prompt && promptShape(prompt, record.usage.inputTokens),
  };
}

/** The server counts the whole prompt only; a part's share of it goes by its characters. */
function promptShape(parts: readonly PromptPart[], inputTokens: number | undefined): readonly PromptPartShape[] {
  const chars = parts.reduce((sum, { text }) => sum + text.length, 0);
  const tokensPerChar = inputTokens === undefined || chars === 0 ? USUAL_TOKENS_PER_CHAR : inputTokens / chars;
  return parts.map(part => ({ ...part, size: `≈ ${formatCount(Math.round(part.text.length * tokensPerChar))} tok` }));
}

/** Of code, in the vocabularies of today. */
const USUAL_TOKENS_PER_CHAR = 1 / 3.5;

const fact = (label: string, value: string, explanation: string): FactShape => ({ label, value, explanation });

function answererFacts(record: RequestRecord): readonly FactShape[] {
  const { model, quantization, endpoint, locality, dialect, rung, languageId } = record;
  return [
    fact('Model', quantization ? `${model} · ${quantization}` : model, 'As the server calls it.'),
    fact('Endpoint', `${endpoint} (${dialect}), ${LOCALITY_WORDS[locality]}`, 'Where the request went.'),
    fact('Rung', rung, 'The step of the ladder that was asked.'),
    fact('Language', languageId ?? UNKNOWN, 'The language of the editor.'),
  ];
}

function timeFacts({ spans, serverTimings = {} }: RequestRecord): readonly FactShape[] {
  const server = [
    ['Server: queue', serverTimings.queueMs, 'Waiting inside the server.'],
    ['Server: loading', serverTimings.loadMs, 'Bringing the model into memory.'],
    ['Server: reading', serverTimings.prefillMs, 'Reading the part of the prompt that was not cached.'],
    ['Server: writing', serverTimings.decodeMs, 'Generating.'],
  ] as const;
  return [
    fact('Total', formatDuration(spans.totalMs), 'The sum of the phases: no moment is left out.'),
    ...PHASE_ORDER.flatMap(span => {
      const { label, explanation } = PHASES[span];
      return spans[span] === undefined ? [] : [fact(`– ${label}`, formatDuration(spans[span]), explanation)];
    }),
    ...server.flatMap(([label, ms, explanation]) =>
      ms === undefined ? [] : [fact(label, formatDuration(ms), `${explanation} Measured by the server.`)],
    ),
  ];
}

function tokenFacts(record: RequestRecord): readonly FactShape[] {
  const { inputTokens, cachedInputTokens, outputTokens } = record.usage;
  const { generateMs } = record.spans;
  const evaluated =
    inputTokens === undefined || cachedInputTokens === undefined ? undefined : inputTokens - cachedInputTokens;
  const speed = outputTokens && generateMs ? ((outputTokens - 1) / generateMs) * 1_000 : undefined;
  const counted = record.usage.source === 'estimated' ? 'Counted by the pieces that came.' : 'Counted by the server.';
  return [
    fact('Prompt', `${formatCount(inputTokens)} tok`, counted),
    fact('– from cache', `${formatCount(cachedInputTokens)} tok`, `Read before. ${dashMeans(cachedInputTokens)}`),
    fact('– evaluated', `${formatCount(evaluated)} tok`, `Read for this request. ${dashMeans(evaluated)}`),
    fact('– expected from cache', `${formatCount(record.plannedReuseTokens)} tok`, 'What the planner counted on.'),
    fact('Generated', estimated(record, `${formatCount(outputTokens)} tok`), counted),
    fact('Speed', formatSpeed(speed), 'Tokens for a second, after the first one.'),
  ];
}

function dashMeans(tokens: number | undefined): string {
  return tokens === undefined ? 'The server does not tell.' : '';
}

function moneyFacts({ costMicroUsd, costSource, priceAsOf, energy }: RequestRecord): readonly FactShape[] {
  const asOf = priceAsOf ? ` Price of ${priceAsOf}.` : '';
  const cost = fact('Cost', formatCost(costMicroUsd), COST_EXPLANATIONS[costSource] + asOf);
  if (!energy) return [cost];
  return [cost, fact('Energy', `≈ ${energy.joules.toFixed(1)} J`, 'An estimate from the watts that you set.')];
}

function storyOf({ record, acceptances }: RecentRequest): readonly string[] {
  return [
    ...(record.fallbackFrom ? [`Asked because the attempt before did not answer: ${record.fallbackReason}.`] : []),
    ...(record.attempt > 1 ? [`Attempt ${record.attempt}.`] : []),
    outcomeSentence(record),
    ...acceptances.map(
      ({ action, acceptedChars, shownChars }) =>
        `Suggestion ${ACTION_WORDS[action]}${acceptedChars > 0 ? `: ${acceptedChars} of ${shownChars} characters` : ''}.`,
    ),
  ];
}
