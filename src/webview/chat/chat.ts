import './chat.css';
import './answerElement.ts';
import './composer.ts';
import { html, LitElement, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { ChatFromView, ChatToView, ChatViewState, HistoryShape, TurnShape } from '../chatProtocol.ts';
import { PROTOCOL_VERSION } from '../protocol.ts';
import { keepViewState, listenToHost, postToHost, viewState } from '../shared/host.ts';
import type { AnswerElement } from './answerElement.ts';
import type { CodeBlockEvent } from './codeBlock.ts';
import type { ComposerElement } from './composer.ts';

/** As near to the end as counts as reading along; above it, new text never moves the page. */
const READING_ALONG_PX = 40;

interface KeptState {
  readonly scrollTop: number;
}

/** Minnow's chat. Everything it shows comes from the extension; what it sends are wishes. */
export class ChatElement extends LitElement {
  static override readonly properties = {
    state: { state: true },
    history: { state: true },
    editing: { state: true },
    spoken: { state: true },
  };
  declare state: ChatViewState | undefined;
  declare history: readonly HistoryShape[] | undefined;
  declare editing: string | undefined;
  declare spoken: string;
  #followsEnd = true;
  #followFrame = 0;

  constructor() {
    super();
    this.spoken = '';
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    listenToHost<ChatToView>(message => this.#hear(message));
    postToHost<ChatFromView>({ type: 'ready', version: PROTOCOL_VERSION });
    this.#listen();
  }

  #send(message: ChatFromView): void {
    postToHost<ChatFromView>(message);
  }

  #listen(): void {
    const on = (name: string, handle: (detail: string, event: Event) => void) =>
      this.addEventListener(name, event => handle((event as CustomEvent<string>).detail, event));
    on('ask', text => {
      this.#followsEnd = true;
      if (this.editing) this.#send({ type: 'editAndResend', turnId: this.editing, text });
      else this.#send({ type: 'ask', text });
      this.editing = undefined;
    });
    on('stop', () => this.#send({ type: 'stop' }));
    on('draft', text => this.#send({ type: 'draft', text }));
    on('attach', kind => this.#send({ type: 'attach', kind: kind as 'file' }));
    on('detach', chipId => this.#send({ type: 'detach', chipId }));
    on('pick-model', () => this.#send({ type: 'pickModel' }));
    on('summarize', () => this.#send({ type: 'summarize' }));
    on('thinking-level', level => this.#send({ type: 'thinkingLevel', level }));
    on('edit-last', () => this.#edit(this.state?.turns.at(-1)));
    on('run-action', command => this.#send({ type: 'runAction', command }));
    on('announce', text => {
      this.spoken = text;
    });
    this.addEventListener('code-action', event => {
      const answerId = (event.target as Element).closest<AnswerElement>('minnow-answer')?.answer.id;
      if (answerId) this.#send({ type: 'code', answerId, ...(event as CustomEvent<CodeBlockEvent>).detail });
    });
    this.addEventListener('click', event => {
      const link = (event.target as Element).closest('a[data-target]');
      if (!link) return;
      event.preventDefault();
      this.#send({ type: 'openLink', href: link.getAttribute('data-target') ?? '' });
    });
  }

  #hear(message: ChatToView): void {
    switch (message.type) {
      case 'state':
        this.history = undefined;
        this.state = message.state;
        break;
      case 'turn':
        this.#change({ turns: replaceTurn(this.state?.turns ?? [], message.turn) });
        break;
      case 'text':
        this.#answer(message.answerId)?.appendText(message.delta);
        break;
      case 'thinking':
        this.#answer(message.answerId)?.appendThinking(message.delta);
        break;
      case 'attachments':
        this.#change({ chips: message.chips });
        break;
      case 'context':
        this.#change({ context: message.context });
        break;
      case 'status':
        this.#change({ status: message.status });
        break;
      case 'history':
        this.history = message.items;
        break;
      case 'focusInput':
        this.querySelector<ComposerElement>('minnow-composer')?.focusBox();
        break;
    }
    if (this.#followFrame === 0) this.#followFrame = requestAnimationFrame(() => this.#follow());
  }

  #change(change: Partial<ChatViewState>): void {
    if (this.state) this.state = { ...this.state, ...change };
  }

  #answer(id: string): AnswerElement | null {
    return this.querySelector<AnswerElement>(`minnow-answer[data-id="${CSS.escape(id)}"]`);
  }

  get #log(): HTMLElement | null {
    return this.querySelector<HTMLElement>('.log');
  }

  #follow(): void {
    this.#followFrame = 0;
    const log = this.#log;
    if (log && this.#followsEnd) log.scrollTop = log.scrollHeight;
  }

  #scrolled(): void {
    const log = this.#log;
    if (!log) return;
    this.#followsEnd = log.scrollHeight - log.scrollTop - log.clientHeight < READING_ALONG_PX;
    keepViewState<KeptState>({ scrollTop: this.#followsEnd ? -1 : log.scrollTop });
  }

  override firstUpdated(): void {
    const kept = viewState<KeptState>().scrollTop;
    if (kept !== undefined && kept >= 0) {
      this.#followsEnd = false;
      requestAnimationFrame(() => this.#log?.scrollTo({ top: kept }));
    }
  }

  override render() {
    const { state } = this;
    if (!state) return html`<p class="empty" role="status">Loading…</p>`;
    const isAnswering = state.turns.some(({ answers }) => answers.some(answer => answer.state === 'streaming'));
    return html`<main>
      <header class="bar">
        <h1>${state.title || 'New chat'}</h1>
        <button type="button" class="icon-button" title="New Chat" aria-label="New Chat" @click=${() => this.#send({ type: 'newChat' })}>
          <span class="codicon codicon-add" aria-hidden="true"></span>
        </button>
        <button
          type="button"
          class="icon-button"
          title="History"
          aria-label="History"
          aria-expanded=${this.history ? 'true' : 'false'}
          @click=${() => this.#toggleHistory()}
        >
          <span class="codicon codicon-history" aria-hidden="true"></span>
        </button>
        <button type="button" class="icon-button" title="Export to Markdown" aria-label="Export to Markdown" @click=${() => this.#send({ type: 'exportMarkdown' })}>
          <span class="codicon codicon-export" aria-hidden="true"></span>
        </button>
      </header>
      ${this.history ? this.#historyPanel(this.history) : nothing}
      <div class="log" role="log" aria-live="off" aria-label="Conversation" tabindex="0" @scroll=${() => this.#scrolled()}>
        ${state.turns.length === 0 ? this.#empty(state) : nothing}
        ${state.isSummarized ? this.#summaryNote() : nothing}
        ${repeat(
          state.turns,
          turn => turn.id,
          turn => this.#turn(turn, state),
        )}
      </div>
      <div class="visually-hidden" aria-live="polite">${this.spoken}</div>
      ${
        state.status.problem
          ? html`<p class="note problem" role="status">
            ${state.status.problem}
            ${state.status.action ? html`<button type="button" class="link" @click=${() => this.#send({ type: 'runAction', command: state.status.action?.command ?? '' })}>${state.status.action.label}</button>` : nothing}
          </p>`
          : nothing
      }
      <minnow-composer
        .chips=${state.chips}
        .context=${state.context}
        .status=${state.status}
        .commands=${state.commands}
        .isAnswering=${isAnswering}
        .draft=${state.draft}
      ></minnow-composer>
    </main>`;
  }

  #empty(state: ChatViewState) {
    return html`<section class="empty">
      <p>${state.status.model ? `${state.status.model} answers, on ${state.status.place}.` : 'No model answers yet.'}</p>
      <ul class="starters">
        ${state.starters.map(
          text =>
            html`<li><button type="button" class="starter" @click=${() => this.#send({ type: 'ask', text })}>${text}</button></li>`,
        )}
      </ul>
    </section>`;
  }

  #summaryNote() {
    return html`<p class="note">
      Earlier turns are sent as a summary.
      <button type="button" class="link" @click=${() => this.#send({ type: 'undoSummary' })}>Undo</button>
    </p>`;
  }

  #turn(turn: TurnShape, state: ChatViewState) {
    return html`<article class="turn">
      <div class="question">
        <div class="answer-head">
          <h2>You</h2>
          <button type="button" class="icon-button" title="Edit and resend" aria-label="Edit and resend" @click=${() => this.#edit(turn)}>
            <span class="codicon codicon-edit" aria-hidden="true"></span>
          </button>
        </div>
        <p class="question-text">${turn.question}</p>
        ${
          turn.chips.length > 0
            ? html`<ul class="chips" aria-label="Attached">
              ${turn.chips.map(chip => html`<li class="chip" title=${chip.title}>${chip.label} · ${chip.size}</li>`)}
            </ul>`
            : nothing
        }
      </div>
      <div class="answers" data-count=${turn.answers.length}>
        ${repeat(
          turn.answers,
          answer => answer.id,
          answer => html`<minnow-answer
            class="answer"
            data-id=${answer.id}
            .answer=${answer}
            .isAlone=${turn.answers.length === 1}
            .canAskLarger=${state.status.canAskLarger && !answer.isRemote}
            @regenerate=${() => this.#send({ type: 'regenerate', turnId: turn.id })}
            @ask-larger=${() => this.#send({ type: 'askLarger', turnId: turn.id })}
            @keep=${() => this.#send({ type: 'keepAnswer', answerId: answer.id })}
            @show-request=${() => answer.requestId && this.#send({ type: 'showRequest', requestId: answer.requestId })}
          ></minnow-answer>`,
        )}
      </div>
    </article>`;
  }

  #edit(turn: TurnShape | undefined): void {
    if (!turn) return;
    this.editing = turn.id;
    this.querySelector<ComposerElement>('minnow-composer')?.setText(turn.question);
  }

  #toggleHistory(): void {
    if (this.history) this.history = undefined;
    else this.#send({ type: 'history', words: '' });
  }

  #historyPanel(items: readonly HistoryShape[]) {
    return html`<section class="history" aria-label="History">
      <input
        type="search"
        placeholder="Search conversations"
        aria-label="Search conversations"
        @input=${(event: Event) => this.#send({ type: 'history', words: (event.target as HTMLInputElement).value })}
        @keydown=${(event: KeyboardEvent) => event.key === 'Escape' && this.#toggleHistory()}
      />
      ${items.length === 0 ? html`<p class="empty">No conversation found.</p>` : nothing}
      <ul>
        ${items.map(
          item => html`<li>
            <button type="button" class="link open" @click=${() => this.#send({ type: 'open', conversationId: item.id })}>
              ${item.title} <span class="description">${item.when}</span>
            </button>
            <button type="button" class="icon-button" title="Rename" aria-label=${`Rename ${item.title}`} @click=${() => this.#send({ type: 'rename', conversationId: item.id, title: item.title })}>
              <span class="codicon codicon-edit" aria-hidden="true"></span>
            </button>
            <button type="button" class="icon-button" title="Delete" aria-label=${`Delete ${item.title}`} @click=${() => this.#send({ type: 'remove', conversationId: item.id })}>
              <span class="codicon codicon-trash" aria-hidden="true"></span>
            </button>
          </li>`,
        )}
      </ul>
    </section>`;
  }
}

function replaceTurn(turns: readonly TurnShape[], changed: TurnShape): readonly TurnShape[] {
  return turns.some(({ id }) => id === changed.id)
    ? turns.map(turn => (turn.id === changed.id ? changed : turn))
    : [...turns, changed];
}

customElements.define('minnow-chat', ChatElement);
