import type { ChatMessage } from '../backends/backend.ts';
import { neutralise } from '../base/neutralise.ts';
import { type Attachment, labelOf, renderAttachment } from './attachments.ts';
import type { Conversation, LeftOut, Question } from './conversation.ts';
import { standingAnswer } from './conversation.ts';
import { slashCommand } from './slashCommands.ts';

/**
 * The same for every question, so that the server finds it in its prompt cache; and short, because a small model forgets
 * the first rule of a long list. It says what the model cannot do, so that it refuses instead of pretending.
 */
export const SYSTEM_PROMPT =
  'You are Minnow, a programming assistant inside VS Code. Answer briefly. Put code in fenced blocks that name the ' +
  'language. You see only what the user attached: you cannot open files, run commands or look anything up. If you need ' +
  'a file, ask for it by name. If you do not know, say so.';

/** Markers, role names and separators that a chat template adds around each message. */
const TOKENS_PER_MESSAGE = 8;
/** Cutting an attachment shorter than this helps nobody. */
const CUT_TOKENS_MIN = 64;

export interface ChatBudget {
  /** The window that the server allocated. */
  readonly windowTokens: number;
  /** Kept free for the answer. */
  readonly answerTokens: number;
  readonly tokensOf: (chars: number) => number;
  readonly charsPerToken: number;
  readonly takesImages: boolean;
}

export type ChatPrompt =
  | {
      readonly ok: true;
      readonly messages: readonly ChatMessage[];
      readonly leftOut: readonly LeftOut[];
      readonly usedTokens: number;
    }
  | { readonly ok: false; readonly neededTokens: number; readonly roomTokens: number };

/**
 * Fits a conversation into the window. First the system prompt and the question, then what is attached to it in the
 * order the user chose, then earlier turns from the newest back; what does not fit is named, never dropped silently.
 */
export function buildChatPrompt(conversation: Conversation, question: Question, budget: ChatBudget): ChatPrompt {
  const room = new Room(budget);
  const asked = wordsOf(question);
  room.take(SYSTEM_PROMPT);
  room.take(asked);
  if (room.leftTokens < 0) {
    return { ok: false, neededTokens: room.usedTokens, roomTokens: budget.windowTokens - budget.answerTokens };
  }
  const leftOut: LeftOut[] = [];
  const attached = attach(question.attachments, { room, budget, leftOut });
  const history = fitHistory(conversation, room, leftOut);
  const images = question.attachments.filter(attachment => attachment.kind === 'image');
  const last: ChatMessage = {
    role: 'user',
    content: [...attached, asked].join('\n\n'),
    ...(budget.takesImages && images.length > 0 && { images }),
  };
  const system: ChatMessage = { role: 'system', content: SYSTEM_PROMPT };
  return { ok: true, messages: [system, ...history, last], leftOut, usedTokens: room.usedTokens };
}

function wordsOf(question: Question): string {
  const instruction = question.command ? slashCommand(question.command).instruction : '';
  return neutralise([instruction, question.text.trim()].filter(Boolean).join('\n'), []);
}

interface Attaching {
  readonly room: Room;
  readonly budget: ChatBudget;
  readonly leftOut: LeftOut[];
}

function attach(attachments: readonly Attachment[], { room, budget, leftOut }: Attaching): readonly string[] {
  const rendered: string[] = [];
  for (const attachment of attachments) {
    const label = labelOf(attachment);
    if (attachment.kind === 'image') {
      if (!budget.takesImages) leftOut.push({ label, why: 'imagesNotSupported' });
      continue;
    }
    const text = neutralise(renderAttachment(attachment), []);
    if (room.takeIfFits(text)) {
      rendered.push(text);
      continue;
    }
    const keptChars = Math.floor((room.leftTokens - TOKENS_PER_MESSAGE) * budget.charsPerToken) - label.length;
    const cut = room.leftTokens > CUT_TOKENS_MIN ? cutAttachment(attachment, keptChars) : undefined;
    if (cut && room.takeIfFits(cut)) {
      rendered.push(cut);
      leftOut.push({ label, why: 'cutToRoomLeft' });
    } else {
      leftOut.push({ label, why: 'largerThanRoomLeft' });
    }
  }
  return rendered;
}

/** Whole lines from the start: the head of a file says what it is. */
function cutAttachment(attachment: Exclude<Attachment, { kind: 'image' }>, chars: number): string | undefined {
  const overhead = renderAttachment({ ...attachment, text: '' }).length;
  const end = attachment.text.lastIndexOf('\n', chars - overhead);
  return end > 0 ? neutralise(renderAttachment({ ...attachment, text: attachment.text.slice(0, end) }), []) : undefined;
}

function fitHistory(conversation: Conversation, room: Room, leftOut: LeftOut[]): readonly ChatMessage[] {
  const { summary } = conversation;
  const turns = conversation.turns.slice(summary?.coveredTurns ?? 0);
  const pairs: ChatMessage[][] = [];
  for (const turn of turns.toReversed()) {
    const answer = standingAnswer(turn);
    if (!answer) continue;
    const attached = turn.question.attachments.flatMap(a =>
      a.kind === 'image' ? [] : [neutralise(renderAttachment(a), [])],
    );
    const asked = [...attached, wordsOf(turn.question)].join('\n\n');
    if (!room.takeIfFits(asked, answer.text)) break;
    pairs.unshift([
      { role: 'user', content: asked },
      { role: 'assistant', content: neutralise(answer.text, []) },
    ]);
  }
  const answered = turns.filter(standingAnswer).length;
  const missing = answered - pairs.length;
  if (missing > 0) {
    leftOut.push({ label: missing === 1 ? '1 earlier turn' : `${missing} earlier turns`, why: 'olderThanRoomLeft' });
  }
  const opening = summary && room.takeIfFits(summary.text) ? [summaryMessage(summary.text)] : [];
  return [...opening, ...pairs.flat()];
}

function summaryMessage(text: string): ChatMessage {
  return { role: 'user', content: `What was said before, in short:\n${neutralise(text, [])}` };
}

class Room {
  readonly #budget: ChatBudget;
  usedTokens = 0;

  constructor(budget: ChatBudget) {
    this.#budget = budget;
  }

  get leftTokens(): number {
    return this.#budget.windowTokens - this.#budget.answerTokens - this.usedTokens;
  }

  take(...texts: readonly string[]): void {
    for (const text of texts) this.usedTokens += this.#budget.tokensOf(text.length) + TOKENS_PER_MESSAGE;
  }

  takeIfFits(...texts: readonly string[]): boolean {
    const before = this.usedTokens;
    this.take(...texts);
    if (this.leftTokens >= 0) return true;
    this.usedTokens = before;
    return false;
  }
}
