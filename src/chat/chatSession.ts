import type { Disposable } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import type { Rung } from '../metering/requestRecord.ts';
import type { Consent } from '../routing/privacyPolicy.ts';
import { runTurn, type ThinkingLevel, type TurnEnd, type TurnEvents, type TurnNeeds } from './chatTurn.ts';
import {
  type Answer,
  addTurn,
  type Conversation,
  changeAnswer,
  changeTurn,
  dropFrom,
  findAnswer,
  type Question,
  type Turn,
} from './conversation.ts';

/** What a view must redraw. Text comes as deltas, so that a long answer costs no more per token than a short one. */
export type SessionChange =
  | { readonly kind: 'conversation' }
  | { readonly kind: 'answerBegan'; readonly turnId: string; readonly answerId: string }
  | { readonly kind: 'text' | 'thinking'; readonly answerId: string; readonly delta: string }
  | { readonly kind: 'answerEnded'; readonly turnId: string; readonly answerId: string }
  | { readonly kind: 'context'; readonly usedTokens: number; readonly windowTokens: number };

export interface SessionNeeds extends TurnNeeds {
  readonly newId: () => string;
}

export interface AskOptions {
  readonly rung: Rung;
  readonly thinking: ThinkingLevel;
  readonly consent?: Consent;
  readonly fallbackFrom?: { readonly requestId: string; readonly reason: string };
}

/** One conversation being held. One answer at a time: a second question waits for nobody, it stops the first. */
export class ChatSession implements Disposable {
  readonly #needs: SessionNeeds;
  readonly #changed = new Emitter<SessionChange>();
  readonly onDidChange: Event<SessionChange> = this.#changed.event;
  #conversation: Conversation;
  #running: AbortController | undefined;

  constructor(needs: SessionNeeds, conversation: Conversation) {
    this.#needs = needs;
    this.#conversation = conversation;
  }

  get conversation(): Conversation {
    return this.#conversation;
  }

  get isAnswering(): boolean {
    return this.#running !== undefined;
  }

  async ask(question: Question, options: AskOptions): Promise<Answer> {
    this.stop();
    const before = this.#conversation;
    const turn: Turn = { id: this.#needs.newId(), question, answers: [] };
    this.#set(addTurn({ ...before, draft: '' }, turn, this.#needs.clock.nowMs()));
    return this.#answer({ turn, before, options });
  }

  /** The same question again: the new answer takes the place of the old ones. */
  async regenerate(turnId: string, options: AskOptions): Promise<Answer | undefined> {
    const turn = this.#conversation.turns.find(({ id }) => id === turnId);
    if (!turn) return undefined;
    this.stop();
    const before = dropFrom(this.#conversation, turnId);
    this.#set(changeTurn(this.#conversation, turnId, kept => ({ ...kept, answers: [] })));
    return this.#answer({ turn, before, options });
  }

  /** The question in other words: it and all that came after it go. */
  async editAndResend(turnId: string, question: Question, options: AskOptions): Promise<Answer> {
    this.stop();
    this.#set(dropFrom(this.#conversation, turnId));
    return this.ask(question, options);
  }

  /** A second answer to the same question, beside the first. */
  async askBeside(turnId: string, options: AskOptions): Promise<Answer | undefined> {
    const turn = this.#conversation.turns.find(({ id }) => id === turnId);
    if (!turn) return undefined;
    this.stop();
    return this.#answer({ turn, before: dropFrom(this.#conversation, turnId), options });
  }

  /** Of answers side by side, the one that the conversation goes on from. */
  keepAnswer(answerId: string): void {
    const found = findAnswer(this.#conversation, answerId);
    if (found) {
      this.#set(changeTurn(this.#conversation, found.turn.id, turn => ({ ...turn, answers: [found.answer] })));
    }
  }

  stop(): void {
    this.#running?.abort();
    this.#running = undefined;
  }

  rename(title: string): void {
    this.#set({ ...this.#conversation, title: title.trim() || this.#conversation.title });
  }

  /** Kept with the conversation, so that hiding the view, a reload or a restart loses nothing. Tells nobody. */
  keepDraft(draft: string): void {
    this.#conversation = { ...this.#conversation, draft };
  }

  summarize(text: string, coveredTurns: number): void {
    this.#set({ ...this.#conversation, summary: { text, coveredTurns } });
  }

  undoSummary(): void {
    this.#set({ ...this.#conversation, summary: undefined });
  }

  dispose(): void {
    this.stop();
    this.#changed.dispose();
  }

  async #answer({ turn, before, options }: { turn: Turn; before: Conversation; options: AskOptions }): Promise<Answer> {
    const answer = emptyAnswer(this.#needs.newId(), options.rung);
    const running = new AbortController();
    this.#running = running;
    this.#conversation = changeTurn(this.#conversation, turn.id, kept => ({
      ...kept,
      answers: [...kept.answers, answer],
    }));
    this.#changed.fire({ kind: 'answerBegan', turnId: turn.id, answerId: answer.id });
    const end = await runTurn(
      this.#needs,
      {
        conversation: before,
        question: turn.question,
        rung: options.rung,
        purpose: 'chat',
        thinking: options.thinking,
        consent: options.consent,
        fallbackFrom: options.fallbackFrom,
      },
      this.#eventsFor(answer.id),
      running.signal,
    );
    if (this.#running === running) this.#running = undefined;
    this.#change(answer.id, kept => ended(kept, end));
    this.#changed.fire({ kind: 'answerEnded', turnId: turn.id, answerId: answer.id });
    return findAnswer(this.#conversation, answer.id)?.answer ?? ended(answer, end);
  }

  #eventsFor(answerId: string): TurnEvents {
    return {
      began: (author, prompt) => {
        this.#change(answerId, answer => ({ ...answer, author, leftOut: prompt.leftOut }));
        this.#changed.fire({ kind: 'context', usedTokens: prompt.usedTokens, windowTokens: prompt.windowTokens });
        this.#changed.fire({ kind: 'conversation' });
      },
      text: delta => {
        this.#change(answerId, answer => ({ ...answer, text: answer.text + delta }));
        this.#changed.fire({ kind: 'text', answerId, delta });
      },
      thinking: delta => {
        this.#change(answerId, answer => ({
          ...answer,
          thinking: { text: (answer.thinking?.text ?? '') + delta, durationMs: answer.thinking?.durationMs ?? 0 },
        }));
        this.#changed.fire({ kind: 'thinking', answerId, delta });
      },
    };
  }

  #change(answerId: string, change: (answer: Answer) => Answer): void {
    this.#conversation = changeAnswer(this.#conversation, answerId, change);
  }

  #set(conversation: Conversation): void {
    this.#conversation = conversation;
    this.#changed.fire({ kind: 'conversation' });
  }
}

function emptyAnswer(id: string, rung: Rung): Answer {
  return {
    id,
    rung,
    author: undefined,
    state: { kind: 'streaming' },
    text: '',
    thinking: undefined,
    metrics: undefined,
    leftOut: [],
  };
}

function ended(answer: Answer, end: TurnEnd): Answer {
  switch (end.kind) {
    case 'finished': {
      const thinking = answer.thinking && {
        ...answer.thinking,
        durationMs: end.thinkingMs ?? answer.thinking.durationMs,
      };
      return { ...answer, state: { kind: 'finished', reason: end.reason }, metrics: end.metrics, thinking };
    }
    case 'stopped':
      return { ...answer, state: { kind: 'stopped' } };
    case 'failed':
      return { ...answer, state: { kind: 'failed', problem: end.problem, requestId: end.requestId } };
    case 'refused':
      return { ...answer, state: { kind: 'refused', why: end.why } };
  }
}
