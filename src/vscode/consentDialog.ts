import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import type { TokenRatio } from '../base/tokenRatio.ts';
import { pathsOf } from '../chat/attachments.ts';
import { buildChatPrompt } from '../chat/chatPrompt.ts';
import { chatBudget } from '../chat/chatTurn.ts';
import type { Conversation, Turn } from '../chat/conversation.ts';
import type { CostOf } from '../metering/cost.ts';
import type { RungReport } from '../models/inventory.ts';
import type { Consent } from '../routing/privacyPolicy.ts';
import { consentText, type SendProposal } from './consent.ts';
import { describeProblem } from './engineStates.ts';
import type { TextView } from './textView.ts';

export interface ConsentNeeds {
  readonly clock: Clock;
  readonly tokenRatio: TokenRatio;
  readonly costOf: CostOf;
  readonly foundation: () => RungReport;
  readonly textView: TextView;
}

/**
 * Asks before anything leaves this machine: who gets it, why, how much, and what it costs at most; with the exact text one
 * click away. The focus begins on staying local. Nothing is sent while the question is open.
 */
export function createConsentDialog(needs: ConsentNeeds) {
  return async (turn: Turn, conversation: Conversation, reason: string): Promise<Consent | undefined> => {
    const { candidate, problem } = needs.foundation();
    if (!candidate) {
      const sentence = problem && problem.kind !== 'notSetUp' ? describeProblem(problem).sentence : NO_LARGER_MODEL;
      void vscode.window.showWarningMessage(`Minnow: ${sentence}`);
      return undefined;
    }
    const proposal = proposalFor({ turn, conversation, reason }, candidate, needs);
    if (!proposal) {
      void vscode.window.showWarningMessage(`Minnow: the question is too long for ${candidate.model.name}, too.`);
      return undefined;
    }
    if (!(await agreed(proposal, needs.textView))) return undefined;
    return { origin: candidate.endpoint.origin, model: candidate.model.name, givenAtMs: needs.clock.nowMs() };
  };
}

const NO_LARGER_MODEL =
  'No larger model is set up. Name one in minnow.ladder.foundation and set minnow.fallback to "ask".';

interface Asked {
  readonly turn: Turn;
  readonly conversation: Conversation;
  readonly reason: string;
}

function proposalFor(
  { turn, conversation, reason }: Asked,
  candidate: NonNullable<RungReport['candidate']>,
  needs: ConsentNeeds,
): SendProposal | undefined {
  const budget = chatBudget(candidate.model, needs.tokenRatio);
  const earlier = { ...conversation, turns: conversation.turns.slice(0, conversation.turns.indexOf(turn)) };
  const prompt = buildChatPrompt(earlier, turn.question, budget);
  if (!prompt.ok) return undefined;
  const cost = needs.costOf({
    endpoint: candidate.endpoint.setting,
    model: candidate.model.name,
    locality: 'remote',
    usage: {
      inputTokens: prompt.usedTokens,
      cachedInputTokens: 0,
      outputTokens: budget.answerTokens,
      source: 'estimated',
    },
    reportedMicroUsd: undefined,
    activeMs: 0,
    atMs: needs.clock.nowMs(),
  });
  return {
    reason,
    model: candidate.model.name,
    origin: candidate.endpoint.origin,
    body: prompt.messages.map(message => `--- ${message.role}\n${message.content}`).join('\n\n'),
    paths: [...earlier.turns.flatMap(({ question }) => question.attachments), ...turn.question.attachments].flatMap(
      pathsOf,
    ),
    costAtMostMicroUsd: cost.microUsd,
  };
}

async function agreed(proposal: SendProposal, textView: TextView): Promise<boolean> {
  const { title, detail } = consentText(proposal);
  const stay = 'Answer Locally';
  const send = 'Send Once';
  const preview = 'Preview Exactly What Is Sent';
  // The editor gives the focus to the first: a hasty Enter keeps everything here. It adds a Cancel by itself.
  const answer = await vscode.window.showWarningMessage(title, { modal: true, detail }, stay, send, preview);
  if (answer === preview) {
    await textView.show('What would be sent.md', proposal.body);
    return (await vscode.window.showWarningMessage(title, stay, send)) === send;
  }
  return answer === send;
}
