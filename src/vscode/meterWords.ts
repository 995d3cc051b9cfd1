import { assertNever } from '../base/assert.ts';
import { formatCost, formatCount, UNKNOWN } from '../base/format.ts';
import type { AcceptanceRecord, CostSource, Purpose, RequestRecord, SpanName } from '../metering/requestRecord.ts';
import type { Money } from '../metering/summaryTypes.ts';
import type { PhaseName } from '../webview/inspectorProtocol.ts';

// How the meter's values are called in the inspector and on the dashboard.

export const PURPOSE_WORDS: Record<Purpose, string> = {
  completion: 'completion',
  speculation: 'looking ahead',
  preRead: 'reading ahead',
  chat: 'chat',
  edit: 'edit',
  commitMessage: 'commit message',
  benchmark: 'benchmark',
  languageModel: 'other extension',
};

export interface PhaseWords {
  readonly name: PhaseName;
  readonly label: string;
  readonly explanation: string;
}

export const PHASES: Record<SpanName, PhaseWords> = {
  debounceMs: { name: 'wait', label: 'wait', explanation: 'Waiting for a pause in your typing.' },
  contextMs: { name: 'context', label: 'context', explanation: 'Gathering what goes into the prompt.' },
  queueMs: { name: 'queue', label: 'queue', explanation: 'Waiting for its turn.' },
  connectMs: { name: 'connect', label: 'connect', explanation: 'Until the request was on the wire.' },
  firstTokenMs: {
    name: 'firstToken',
    label: 'first token',
    explanation: 'From the request on the wire to the first token: the server reads the prompt.',
  },
  generateMs: { name: 'generate', label: 'generate', explanation: 'From the first token to the end of the answer.' },
  trimMs: { name: 'trim', label: 'trim', explanation: 'Making the answer fit its place.' },
};

export const PHASE_ORDER = Object.keys(PHASES) as readonly SpanName[];

export const ACTION_WORDS: Record<AcceptanceRecord['action'], string> = {
  accepted: 'accepted',
  acceptedPartly: 'accepted in part',
  dismissed: 'dismissed',
  typedOver: 'typed over',
  unseen: 'gone before it could be read',
};

export const COST_EXPLANATIONS: Record<CostSource, string> = {
  local: 'Nothing, by statement: it ran on your own machines. Energy is estimated apart, if you set watts.',
  notSent: 'Nothing: the request was never sent.',
  provider: 'What the provider said it charged.',
  userPrice: 'By your own price in minnow.prices.',
  list: 'An estimate by list price; what you are billed may differ.',
  unknown: 'Not known: there is no price for this model, or its tokens were not counted.',
};

/** A sum is never shown as if it were whole when some of it is not known. */
export function moneyText({ microUsd, requests, unknown }: Money): string {
  if (requests > 0 && unknown === requests) return UNKNOWN;
  return unknown > 0 ? `${formatCost(microUsd)} + ${formatCount(unknown)} not known` : formatCost(microUsd);
}

/** One word or two for what came of a request; the user's action says more than the answer. */
export function outcomeWords(record: RequestRecord, acceptances: readonly AcceptanceRecord[]): string {
  const latest = acceptances.findLast(({ action }) => action.startsWith('accepted')) ?? acceptances.at(-1);
  return latest ? ACTION_WORDS[latest.action] : record.outcome.kind;
}

const PHASE_OF_CANCELLING: Record<string, string> = {
  queue: 'before it was sent',
  connect: 'while connecting',
  firstToken: 'before the first token',
  generate: 'while the answer was coming',
};

export function outcomeSentence(record: RequestRecord): string {
  const { outcome } = record;
  switch (outcome.kind) {
    case 'answered':
      return record.finishReason === 'length' ? 'Answered, up to the longest answer allowed.' : 'Answered.';
    case 'empty':
      return `Nothing usable came of it (${outcome.why}).`;
    case 'cancelled':
      return `No longer wanted ${PHASE_OF_CANCELLING[outcome.at] ?? UNKNOWN}.`;
    case 'refused':
      return `Not sent: ${outcome.why}`;
    case 'failed':
      return `Failed (${outcome.error.kind}).`;
    default:
      return assertNever(outcome);
  }
}
