import type { Spans } from '../../src/metering/requestRecord.ts';
import type { TourSuggestion } from './tour.ts';

const PHASES: readonly (readonly [keyof Spans, string])[] = [
  ['debounceMs', 'wait'],
  ['contextMs', 'context'],
  ['queueMs', 'queue'],
  ['connectMs', 'connect'],
  ['firstTokenMs', 'first token'],
  ['generateMs', 'generate'],
  ['trimMs', 'trim'],
];

/** A suggestion of the tour in a few lines: the text, then where its time went, then tokens and cost. */
export function describeSuggestion(suggestion: TourSuggestion, number: number): string {
  const { at, outcome, text, spans, usage } = suggestion;
  const phases = PHASES.flatMap(([span, word]) =>
    spans[span] === undefined ? [] : [`${word} ${spans[span].toFixed(1)}`],
  );
  const cached = usage.cachedInputTokens === undefined ? '' : ` (${usage.cachedInputTokens} from cache)`;
  return [
    `\nsuggestion ${number} in ${at}, ${outcome}`,
    ...text.split('\n').map(line => `  | ${line}`),
    `  ${spans.totalMs.toFixed(1)} ms: ${phases.join(' · ')}`,
    `  prompt ${known(usage.inputTokens)} tokens${cached} · generated ${known(usage.outputTokens)} · ${cost(suggestion)}`,
  ].join('\n');
}

function cost({ costMicroUsd, costSource }: TourSuggestion): string {
  if (costMicroUsd === undefined) return 'cost unknown';
  return costSource === 'local' ? '$0 (local)' : `$${(costMicroUsd / 1e6).toFixed(6)}`;
}

function known(count: number | undefined): string {
  return count === undefined ? 'unknown' : String(count);
}
