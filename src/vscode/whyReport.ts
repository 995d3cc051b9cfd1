import { formatAge, formatDuration, formatTimeOfDay } from '../base/format.ts';
import type { RecentOutcome } from '../completion/completionEngine.ts';
import type { EngineProblem } from '../routing/endpoint.ts';
import { describeProblem, type StateAction } from './engineStates.ts';
import { describeOutcome, type OutcomeText } from './outcomeSentences.ts';

/** "Why No Suggestion?": the answer in its first line, then what came of the triggers before. */
export interface WhyReport {
  readonly headline: string;
  readonly action: StateAction | undefined;
  readonly settingKey: string | undefined;
  readonly rows: readonly WhyRow[];
}

export interface WhyRow {
  readonly time: string;
  readonly word: string;
  readonly sentence: string;
  readonly took: string;
  readonly settingKey: string | undefined;
}

export function whyReport(
  newestFirst: readonly RecentOutcome[],
  now: { readonly nowMs: number; readonly problem: EngineProblem | undefined; readonly timeZone?: string },
): WhyReport {
  const latest = newestFirst[0];
  const rows = newestFirst.map(event => rowOf(event, now.timeZone));
  // A state of the engine explains every trigger to come, so it comes before what happened to the last one.
  if (now.problem) {
    const state = describeProblem(now.problem);
    return { headline: state.sentence, action: state.action, settingKey: undefined, rows };
  }
  if (!latest) {
    return {
      headline: 'Nothing was asked for yet: type in a file, or trigger a completion.',
      action: TRIGGER,
      settingKey: undefined,
      rows,
    };
  }
  const told = describeOutcome(latest.outcome);
  const ago = `${formatAge(now.nowMs - latest.atMs)} ago`;
  const place = `line ${latest.line + 1}, ${ago}`;
  const headline =
    latest.outcome.kind === 'shown'
      ? `A suggestion was shown at ${place}. ${told.sentence}`
      : `No suggestion at ${place}: ${lowerFirst(told.sentence)}`;
  return { headline, action: told.action, settingKey: told.settingKey, rows };
}

function rowOf(event: RecentOutcome, timeZone: string | undefined): WhyRow {
  const told: OutcomeText = describeOutcome(event.outcome);
  return {
    time: formatTimeOfDay(event.atMs, timeZone),
    word: told.word,
    sentence: told.sentence,
    took: event.outcome.kind === 'skipped' ? '' : formatDuration(event.durationMs),
    settingKey: told.settingKey,
  };
}

/** Names such as "ollama" or an address keep their case; words of ours lose their capital inside a sentence. */
function lowerFirst(sentence: string): string {
  return /^(The|There|Text|This|You|Nothing|Completions)\b/.test(sentence)
    ? sentence.charAt(0).toLowerCase() + sentence.slice(1)
    : sentence;
}

const TRIGGER: StateAction = { title: 'Trigger Completion', command: 'minnow.triggerCompletion' };
