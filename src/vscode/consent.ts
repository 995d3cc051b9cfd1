import { formatBytes, formatCost } from '../base/format.ts';

/** What a person must know before a question leaves for a larger model. */
export interface SendProposal {
  readonly reason: string;
  readonly model: string;
  readonly origin: string;
  /** Everything that would be sent, exactly. */
  readonly body: string;
  readonly paths: readonly string[];
  /** Undefined: no price is known for the model. */
  readonly costAtMostMicroUsd: number | undefined;
}

export interface ConsentText {
  readonly title: string;
  readonly detail: string;
}

export function consentText(proposal: SendProposal): ConsentText {
  const bytes = new TextEncoder().encode(proposal.body).length;
  const paths = [...new Set(proposal.paths)];
  const cost = proposal.costAtMostMicroUsd;
  return {
    title: `Send this question to ${proposal.model} at ${new URL(proposal.origin).host}?`,
    detail: [
      `Reason: ${proposal.reason}`,
      `What leaves: ${formatBytes(bytes)}, your conversation so far${paths.length > 0 ? ` and ${paths.join(', ')}` : ', no files'}`,
      `Costs at most: ${cost === undefined ? 'unknown, no price is known for this model' : formatCost(cost)}`,
      'Nothing has been sent yet.',
    ].join('\n'),
  };
}
