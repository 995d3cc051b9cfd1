import type { Clock } from '../base/clock.ts';
import { type Disposable, DisposableStore } from '../base/disposable.ts';
import type { TokenRatio } from '../base/tokenRatio.ts';
import type { Attachment } from '../chat/attachments.ts';
import { type AskOptions, ChatSession, type SessionChange, type SessionNeeds } from '../chat/chatSession.ts';
import type { ThinkingLevel } from '../chat/chatTurn.ts';
import {
  type Conversation,
  findAnswer,
  type LeftOut,
  newConversation,
  requestOf,
  type Turn,
} from '../chat/conversation.ts';
import { parseQuestion, SLASH_COMMANDS, slashCommand } from '../chat/slashCommands.ts';
import { transcriptMarkdown } from '../chat/transcriptMarkdown.ts';
import type { TranscriptStore } from '../chat/transcriptStore.ts';
import type { RungReport } from '../models/inventory.ts';
import type { Consent } from '../routing/privacyPolicy.ts';
import type { Attachable, ChatFromView, ChatToView, CodeAction, StatusShape } from '../webview/chatProtocol.ts';
import { chipShape, contextShape, startersFor, turnShape } from './chatShapes.ts';
import { describeProblem } from './engineStates.ts';
import { isQuotedFrom } from './quotedText.ts';

/** After the last change, so that a streaming answer is not written to disk at every token. */
const SAVE_DELAY_MS = 1_000;

/** What the host needs of the editor; chatView.ts gives it. */
export interface ChatEditor {
  /** Undefined: the user changed their mind, or there is nothing of the kind. */
  gather(kind: Attachable): Promise<readonly Attachment[]>;
  /** What goes along with a slash command when the user attached nothing. */
  gatherFor(kind: ReturnType<typeof slashCommand>['attaches']): Promise<readonly Attachment[]>;
  openFileName(): string | undefined;
  useCode(action: CodeAction, code: { readonly text: string; readonly languageId: string }): Promise<void>;
  openLink(href: string): Promise<void>;
  showMarkdown(text: string): Promise<void>;
  askName(current: string): Promise<string | undefined>;
  confirmRemoval(title: string): Promise<boolean>;
  showRequest(requestId: string): Promise<void>;
  run(command: string, argument?: string): Promise<void>;
}

export interface ChatHostNeeds extends SessionNeeds {
  readonly clock: Clock;
  readonly tokenRatio: TokenRatio;
  readonly store: TranscriptStore;
  readonly editor: ChatEditor;
  readonly report: (rung: 'workhorse' | 'foundation') => RungReport;
  /** Shows exactly what would leave, and asks. Undefined: not sent. */
  readonly askConsent: (turn: Turn, conversation: Conversation, reason: string) => Promise<Consent | undefined>;
  readonly canAskLarger: () => boolean;
  readonly post: (message: ChatToView) => void;
}

/** Owns the conversation that the view shows; the view may come, go and come again without losing anything. */
export class ChatHost implements Disposable {
  readonly #needs: ChatHostNeeds;
  readonly #store = new DisposableStore();
  #session: ChatSession;
  #pending: readonly { readonly id: string; readonly attachment: Attachment }[] = [];
  #context: { usedTokens: number; windowTokens: number } | undefined;
  #thinking: ThinkingLevel = 'off';
  #saveTimer: Disposable | undefined;
  #restored = false;

  constructor(needs: ChatHostNeeds) {
    this.#needs = needs;
    this.#session = this.#open(newConversation(needs.newId(), needs.clock.nowMs()));
  }

  get session(): ChatSession {
    return this.#session;
  }

  async handle(message: ChatFromView): Promise<void> {
    switch (message.type) {
      case 'ready':
        return this.#showAll();
      case 'ask':
        return this.ask(message.text);
      case 'stop':
        return this.#session.stop();
      case 'regenerate':
        await this.#session.regenerate(message.turnId, this.#options());
        return;
      case 'editAndResend':
        await this.#session.editAndResend(message.turnId, await this.#question(message.text), this.#options());
        return;
      case 'askLarger':
        return this.askLarger(message.turnId);
      case 'keepAnswer':
        return this.#session.keepAnswer(message.answerId);
      case 'retry':
        return this.#retry(message.answerId);
      case 'code':
        return this.#useCode(message);
      case 'attach':
        return this.attach(await this.#needs.editor.gather(message.kind));
      case 'detach':
        this.#pending = this.#pending.filter(({ id }) => id !== message.chipId);
        return this.#postChips();
      case 'draft':
        this.#session.keepDraft(message.text);
        return this.#saveSoon();
      case 'thinkingLevel':
        this.#thinking = LEVELS.find(level => level === message.level) ?? 'off';
        return this.showStatus();
      case 'openLink':
        return this.#needs.editor.openLink(message.href);
      case 'showRequest':
        return this.#needs.editor.showRequest(message.requestId);
      case 'runAction':
        return message.command.startsWith('minnow.') ? this.#needs.editor.run(message.command) : undefined;
      case 'pickModel':
        return this.#needs.editor.run('minnow.switchModel', 'workhorse');
      default:
        return this.#handleHistory(message);
    }
  }

  /** A question as typed, with the command it may begin with. */
  async ask(text: string): Promise<void> {
    const question = await this.#question(text);
    this.#pending = [];
    this.#postChips();
    await this.#session.ask(question, this.#options());
  }

  async askLarger(turnId: string): Promise<void> {
    const { conversation } = this.#session;
    const turn = conversation.turns.find(({ id }) => id === turnId);
    if (!turn) return;
    const [first] = turn.answers;
    const reason = first?.state.kind === 'failed' ? describeProblem(first.state.problem).short : 'you asked for it';
    const consent = await this.#needs.askConsent(turn, conversation, reason);
    if (!consent) return;
    const requestId = first && requestOf(first);
    const fallbackFrom = requestId === undefined ? {} : { fallbackFrom: { requestId, reason } };
    await this.#session.askBeside(turnId, { ...this.#options(), rung: 'foundation', consent, ...fallbackFrom });
  }

  /** The last question of the view; with words, that question, asked here first so that both answers stand side by side. */
  async askLargerAboutLast(words: string | undefined): Promise<void> {
    if (words) await this.ask(words);
    const turn = this.#session.conversation.turns.at(-1);
    if (turn) await this.askLarger(turn.id);
  }

  attach(attachments: readonly Attachment[]): void {
    const added = attachments.map(attachment => ({ id: this.#needs.newId(), attachment }));
    this.#pending = [...this.#pending, ...added];
    this.#postChips();
  }

  newChat(): void {
    this.#switchTo(newConversation(this.#needs.newId(), this.#needs.clock.nowMs()));
  }

  /** Every conversation of this workspace, the open one included, from memory and from disk. */
  async removeAll(): Promise<void> {
    this.#saveTimer?.dispose();
    await this.#needs.store.removeAll();
    this.#show(newConversation(this.#needs.newId(), this.#needs.clock.nowMs()));
  }

  showStatus(): void {
    this.#needs.post({ type: 'status', status: this.#status() });
  }

  dispose(): void {
    this.#saveTimer?.dispose();
    this.#session.dispose();
    this.#store.dispose();
  }

  async #handleHistory(message: HistoryMessage): Promise<void> {
    const { store, editor } = this.#needs;
    switch (message.type) {
      case 'newChat':
        return this.newChat();
      case 'history':
        return this.#postHistory(message.words);
      case 'open': {
        const found = await store.get(message.conversationId);
        if (found) this.#switchTo(found);
        return;
      }
      case 'rename': {
        const title = await editor.askName(message.title);
        if (title === undefined) return;
        if (message.conversationId === this.#session.conversation.id) this.#session.rename(title);
        await store.rename(message.conversationId, title);
        return this.#postHistory('');
      }
      case 'remove': {
        const title = (await store.get(message.conversationId))?.title ?? '';
        if (!(await editor.confirmRemoval(title))) return;
        await store.remove(message.conversationId);
        if (message.conversationId === this.#session.conversation.id) this.newChat();
        return this.#postHistory('');
      }
      case 'exportMarkdown':
        return editor.showMarkdown(transcriptMarkdown(this.#session.conversation));
      case 'summarize':
        return this.#summarize();
      case 'undoSummary':
        return this.#session.undoSummary();
    }
  }

  /** The conversation so far in a few sentences, by the model itself; the turns stay, so that it can be undone. */
  async #summarize(): Promise<void> {
    const { conversation } = this.#session;
    if (conversation.turns.length === 0) return;
    const helper = new ChatSession(this.#needs, conversation);
    const question = { text: SUMMARY_QUESTION, command: undefined, attachments: [] };
    const answer = await helper.ask(question, this.#options());
    if (answer.state.kind === 'finished' && answer.text.trim()) {
      this.#session.summarize(answer.text.trim(), conversation.turns.length);
    }
  }

  async #showAll(): Promise<void> {
    if (!this.#restored) {
      this.#restored = true;
      const newest = await this.#needs.store.newest();
      if (newest && this.#session.conversation.turns.length === 0) this.#session = this.#open(newest);
    }
    this.#postState();
  }

  async #question(text: string) {
    const { command, text: words } = parseQuestion(text);
    let attachments = this.#pending.map(({ attachment }) => attachment);
    if (command && attachments.length === 0) {
      attachments = [...(await this.#needs.editor.gatherFor(slashCommand(command).attaches))];
    }
    return { text: words, command, attachments };
  }

  #options(): AskOptions {
    return { rung: 'workhorse', thinking: this.#thinking };
  }

  async #retry(answerId: string): Promise<void> {
    const found = findAnswer(this.#session.conversation, answerId);
    if (found) await this.#session.regenerate(found.turn.id, this.#options());
  }

  async #useCode(message: Extract<ChatFromView, { type: 'code' }>): Promise<void> {
    const answer = findAnswer(this.#session.conversation, message.answerId)?.answer;
    // The page shows invisible characters by number; such code is never taken over.
    if (answer && isQuotedFrom(answer.text, message.text)) await this.#needs.editor.useCode(message.action, message);
  }

  #open(conversation: Conversation): ChatSession {
    const session = new ChatSession(this.#needs, conversation);
    session.onDidChange(change => {
      if (session === this.#session) this.#hear(change);
    });
    return session;
  }

  #switchTo(conversation: Conversation): void {
    void this.#needs.store.save(this.#session.conversation);
    this.#show(conversation);
  }

  #show(conversation: Conversation): void {
    this.#session.dispose();
    this.#context = undefined;
    this.#session = this.#open(conversation);
    this.#postState();
  }

  #hear(change: SessionChange): void {
    switch (change.kind) {
      case 'conversation':
        this.#postState();
        break;
      case 'text':
      case 'thinking':
        this.#needs.post({ type: change.kind, answerId: change.answerId, delta: change.delta });
        break;
      case 'answerBegan':
      case 'answerEnded':
        this.#postTurn(change.turnId);
        break;
      case 'context':
        this.#context = change;
        break;
    }
    this.#saveSoon();
  }

  #saveSoon(): void {
    this.#saveTimer?.dispose();
    this.#saveTimer = this.#needs.clock.after(SAVE_DELAY_MS, () => {
      void this.#needs.store.save(this.#session.conversation);
    });
  }

  #postTurn(turnId: string): void {
    const turn = this.#session.conversation.turns.find(({ id }) => id === turnId);
    if (turn) this.#needs.post({ type: 'turn', turn: turnShape(turn, this.#estimate) });
    const context = this.#contextShape();
    if (context) this.#needs.post({ type: 'context', context });
  }

  #postState(): void {
    const { title, draft, turns, summary } = this.#session.conversation;
    this.#needs.post({
      type: 'state',
      state: {
        title,
        draft,
        turns: turns.map(turn => turnShape(turn, this.#estimate)),
        chips: this.#chips(),
        context: this.#contextShape(),
        status: this.#status(),
        commands: SLASH_COMMANDS.map(({ name, description }) => ({ name, description })),
        starters: startersFor(this.#needs.editor.openFileName()),
        isSummarized: summary !== undefined,
      },
    });
  }

  #postChips(): void {
    this.#needs.post({ type: 'attachments', chips: this.#chips() });
  }

  async #postHistory(words: string): Promise<void> {
    const items = await this.#needs.store.list(words);
    this.#needs.post({
      type: 'history',
      items: items.map(({ id, title, updatedAtMs }) => ({
        id,
        title: title || 'New chat',
        when: new Date(updatedAtMs).toLocaleString(),
      })),
    });
  }

  #chips() {
    return this.#pending.map(({ id, attachment }) => chipShape(id, attachment, this.#estimate));
  }

  #contextShape() {
    const leftOut: readonly LeftOut[] = this.#session.conversation.turns.at(-1)?.answers.at(-1)?.leftOut ?? [];
    return this.#context && contextShape(this.#context.usedTokens, this.#context.windowTokens, leftOut);
  }

  readonly #estimate = (chars: number): number => {
    const model = this.#needs.report('workhorse').candidate?.model.name ?? '';
    return this.#needs.tokenRatio.tokens(model, chars);
  };

  #status(): StatusShape {
    const { candidate, problem } = this.#needs.report('workhorse');
    const state = problem && describeProblem(problem);
    const thinks = candidate?.model.capabilities.thinking === true;
    const isRemote = candidate !== undefined && (candidate.model.isRemote || candidate.endpoint.locality === 'remote');
    return {
      model: candidate?.model.name,
      place: candidate ? PLACES[isRemote ? 'remote' : candidate.endpoint.locality] : '',
      isRemote,
      problem: state?.sentence,
      action: state?.action && { label: state.action.title, command: state.action.command },
      thinkingLevels: thinks ? LEVELS : [],
      thinkingLevel: this.#thinking,
      canAskLarger: this.#needs.canAskLarger(),
    };
  }
}

type HistoryMessage = Extract<
  ChatFromView,
  { type: 'newChat' | 'history' | 'open' | 'rename' | 'remove' | 'exportMarkdown' | 'summarize' | 'undoSummary' }
>;

const LEVELS: readonly ThinkingLevel[] = ['off', 'low', 'medium', 'high'];

const PLACES = { loopback: 'this machine', lan: 'your own network', remote: 'a remote server' } as const;

const SUMMARY_QUESTION =
  'Summarize our conversation in at most ten short lines: what was asked, what was decided, names of files and functions.';
