import type { FinishReason } from '../backends/backend.ts';
import type { Locality } from '../backends/permit.ts';
import type { CostSource, Rung, Spans } from '../metering/requestRecord.ts';
import type { EngineProblem } from '../routing/endpoint.ts';
import type { Attachment } from './attachments.ts';
import type { SlashCommandName } from './slashCommands.ts';

/** A conversation as it is kept: plain data that never changes, so that a view or a file may hold any version of it. */
export interface Conversation {
  readonly id: string;
  readonly title: string;
  readonly createdAtMs: number;
  readonly updatedAtMs: number;
  readonly turns: readonly Turn[];
  /** What the user has typed but not sent. */
  readonly draft: string;
  readonly summary: Summary | undefined;
}

/** Stands for the first turns in the prompt. The turns themselves are kept, so that taking it away undoes it. */
export interface Summary {
  readonly text: string;
  readonly coveredTurns: number;
}

export interface Turn {
  readonly id: string;
  readonly question: Question;
  /** More than one after "Ask a larger model": they stand side by side until the user keeps one. */
  readonly answers: readonly Answer[];
}

export interface Question {
  readonly text: string;
  readonly command: SlashCommandName | undefined;
  readonly attachments: readonly Attachment[];
}

export interface Answer {
  readonly id: string;
  readonly rung: Rung;
  readonly author: Author | undefined;
  readonly state: AnswerState;
  readonly text: string;
  readonly thinking: Thinking | undefined;
  readonly metrics: AnswerMetrics | undefined;
  readonly leftOut: readonly LeftOut[];
}

export interface Author {
  readonly model: string;
  readonly endpoint: string;
  readonly locality: Locality;
}

export type AnswerState =
  | { readonly kind: 'streaming' }
  | { readonly kind: 'finished'; readonly reason: FinishReason }
  | { readonly kind: 'stopped' }
  /** The stream broke off; what came before stays readable. */
  | { readonly kind: 'failed'; readonly problem: EngineProblem; readonly requestId?: string | undefined }
  | { readonly kind: 'refused'; readonly why: string };

export interface Thinking {
  readonly text: string;
  readonly durationMs: number;
}

/** What the line under an answer says. Unknown is undefined. */
export interface AnswerMetrics {
  readonly requestId: string;
  readonly spans: Spans;
  readonly inputTokens: number | undefined;
  readonly cachedInputTokens: number | undefined;
  readonly outputTokens: number | undefined;
  readonly tokensPerSecond: number | undefined;
  readonly costMicroUsd: number | undefined;
  readonly costSource: CostSource;
}

/** Something that was not sent, and why: said plainly beside the context meter. */
export interface LeftOut {
  readonly label: string;
  readonly why: 'largerThanRoomLeft' | 'olderThanRoomLeft' | 'cutToRoomLeft' | 'imagesNotSupported';
}

const TITLE_CHARS_MAX = 60;

export function newConversation(id: string, nowMs: number): Conversation {
  return { id, title: '', createdAtMs: nowMs, updatedAtMs: nowMs, turns: [], draft: '', summary: undefined };
}

/** The first line of the first question, until the user gives a name. */
export function titleFrom(question: Question): string {
  const line = question.text.trim().split('\n', 1)[0] ?? '';
  const text = line || (question.command ? `/${question.command}` : 'New chat');
  return text.length <= TITLE_CHARS_MAX ? text : `${text.slice(0, TITLE_CHARS_MAX - 1).trimEnd()}…`;
}

export function addTurn(conversation: Conversation, turn: Turn, nowMs: number): Conversation {
  const title = conversation.title || titleFrom(turn.question);
  return { ...conversation, title, updatedAtMs: nowMs, turns: [...conversation.turns, turn] };
}

/** Everything from this turn on goes: to ask it again in other words. */
export function dropFrom(conversation: Conversation, turnId: string): Conversation {
  const at = conversation.turns.findIndex(turn => turn.id === turnId);
  if (at < 0) return conversation;
  const turns = conversation.turns.slice(0, at);
  const summary = conversation.summary && conversation.summary.coveredTurns <= at ? conversation.summary : undefined;
  return { ...conversation, turns, summary };
}

export function changeTurn(conversation: Conversation, turnId: string, change: (turn: Turn) => Turn): Conversation {
  return { ...conversation, turns: conversation.turns.map(turn => (turn.id === turnId ? change(turn) : turn)) };
}

export function changeAnswer(
  conversation: Conversation,
  answerId: string,
  change: (answer: Answer) => Answer,
): Conversation {
  const turns = conversation.turns.map(turn =>
    turn.answers.some(({ id }) => id === answerId)
      ? { ...turn, answers: turn.answers.map(answer => (answer.id === answerId ? change(answer) : answer)) }
      : turn,
  );
  return { ...conversation, turns };
}

/** The answer that later questions build on: the one the user kept, else the newest that has text. */
export function standingAnswer(turn: Turn): Answer | undefined {
  return turn.answers.findLast(({ text }) => text.trim() !== '');
}

/** The request behind an answer, whether it came to an end or not; undefined where nobody could be asked. */
export function requestOf(answer: Answer): string | undefined {
  return answer.metrics?.requestId ?? (answer.state.kind === 'failed' ? answer.state.requestId : undefined);
}

export function findAnswer(
  conversation: Conversation,
  answerId: string,
): { readonly turn: Turn; readonly answer: Answer } | undefined {
  for (const turn of conversation.turns) {
    const answer = turn.answers.find(({ id }) => id === answerId);
    if (answer) return { turn, answer };
  }
  return undefined;
}
