import type { Locality } from '../backends/permit.ts';
import { formatDuration } from '../base/format.ts';
import type { EngineProblem } from '../routing/endpoint.ts';
import { describeProblem, type StateAction } from './engineStates.ts';
import { escapeIcons } from './markdownText.ts';

/** Everything that decides what the status bar says. */
export interface StatusFacts {
  readonly completions: 'on' | 'offEverywhere' | 'offForLanguage';
  /** Of the model for suggestions; undefined: it can answer. */
  readonly problem: EngineProblem | undefined;
  /** Where the model for suggestions runs. */
  readonly locality: Locality | undefined;
  /** A request has been running for longer than people should wait without a sign. */
  readonly isBusy: boolean;
  readonly lastSuggestion: { readonly tookMs: number; readonly locality: Locality } | undefined;
  /** The usual suggestion of late comes too late to be of use. */
  readonly isSlow: boolean;
}

export interface StatusItem {
  readonly text: string;
  /** What a screen reader says, and the first line of the menu: the state in words. */
  readonly label: string;
  readonly isWarning: boolean;
  /** What the state needs, offered first in the menu. */
  readonly action: StateAction | undefined;
}

/** Remote is marked wherever it appears; the user's own machine is a lock, their own network a server. */
export const LOCALITY_SIGN: Record<Locality, string> = { loopback: '$(lock)', lan: '$(server)', remote: '$(cloud)' };
export const LOCALITY_WORDS: Record<Locality, string> = {
  loopback: 'this machine',
  lan: 'your network',
  remote: 'remote',
};

export function renderStatus(facts: StatusFacts): StatusItem {
  if (facts.completions !== 'on') return off(facts.completions);
  if (facts.problem) return troubled(facts.problem);
  const where = facts.lastSuggestion?.locality ?? facts.locality ?? 'loopback';
  if (facts.isBusy) return calm('$(loading~spin) Minnow', 'A suggestion is being made.');
  if (!facts.lastSuggestion) return calm(`${LOCALITY_SIGN[where]} Minnow`, `Ready, on ${wordsFor(where)}.`);
  const time = formatDuration(facts.lastSuggestion.tookMs);
  const told = `The last suggestion took ${time}, on ${wordsFor(where)}.`;
  if (!facts.isSlow) return calm(`${LOCALITY_SIGN[where]} ${time}`, told);
  return {
    ...calm(`${LOCALITY_SIGN[where]} ${time} · slow`, `${told} That is slow; a smaller model would help.`),
    action: { title: 'Switch Model…', command: 'minnow.switchModel', argument: 'edge' },
  };
}

function off(completions: 'offEverywhere' | 'offForLanguage'): StatusItem {
  return {
    ...calm(
      '$(circle-slash) Minnow',
      completions === 'offEverywhere' ? 'Completions are off.' : 'Completions are off for this language.',
    ),
    action:
      completions === 'offEverywhere'
        ? { title: 'Turn Completions On', command: 'minnow.toggleCompletions' }
        : { title: 'Turn Completions On for This Language', command: 'minnow.toggleCompletionsForLanguage' },
  };
}

function troubled(problem: EngineProblem): StatusItem {
  const state = describeProblem(problem);
  const { sentence: label, action } = state;
  const short = escapeIcons(state.short);
  if (state.isPassing) {
    const text = problem.kind === 'modelLoading' ? short : `Minnow: ${short}`;
    return { text: `$(loading~spin) ${text}`, label, isWarning: false, action };
  }
  // Someone who has only just installed Minnow is invited, not warned.
  if (problem.kind === 'notSetUp') return { text: `$(rocket) Minnow: ${short}`, label, isWarning: false, action };
  return { text: `$(warning) Minnow: ${short}`, label, isWarning: state.needsUser, action };
}

function calm(text: string, label: string): StatusItem {
  return { text, label, isWarning: false, action: undefined };
}

function wordsFor(locality: Locality): string {
  return locality === 'remote' ? 'a remote machine' : LOCALITY_WORDS[locality];
}
