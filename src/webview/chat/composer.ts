import { html, LitElement, nothing } from 'lit';
import { ATTACHABLE, type Attachable, type ChipShape, type ContextShape, type StatusShape } from '../chatProtocol.ts';

const ATTACH_LABELS: Readonly<Record<Attachable, string>> = {
  file: 'File…',
  selection: 'Selection',
  openEditors: 'Open editors',
  problems: 'Problems',
  terminal: 'Terminal selection',
  gitDiff: 'Git diff',
};

interface Choice {
  readonly label: string;
  readonly description: string;
  choose(): void;
}

/** Where a question is written: the box, what goes along, how much of the window that takes, and who will answer. */
export class ComposerElement extends LitElement {
  static override readonly properties = {
    chips: { attribute: false },
    context: { attribute: false },
    status: { attribute: false },
    commands: { attribute: false },
    isAnswering: { attribute: false },
    draft: { attribute: false },
    chosen: { state: true },
    menu: { state: true },
  };
  declare chips: readonly ChipShape[];
  declare context: ContextShape | undefined;
  declare status: StatusShape;
  declare commands: readonly { readonly name: string; readonly description: string }[];
  declare isAnswering: boolean;
  declare draft: string;
  declare chosen: number;
  declare menu: 'commands' | 'attach' | undefined;

  constructor() {
    super();
    this.chosen = 0;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  get #box(): HTMLTextAreaElement | null {
    return this.querySelector('textarea');
  }

  /** Without a local model a question still can go to a larger one, once the user agrees. */
  get #canAsk(): boolean {
    return this.status.model !== undefined || this.status.canAskLarger;
  }

  focusBox(): void {
    this.#box?.focus();
  }

  setText(text: string): void {
    const box = this.#box;
    if (!box) return;
    box.value = text;
    box.focus();
    box.setSelectionRange(text.length, text.length);
    this.#typed();
  }

  override render() {
    return html`
      <div class="composer">
        ${this.#chips()} ${this.#meter()} ${this.#menu()}
        <textarea
          rows="2"
          aria-label="Ask about your code"
          placeholder="Ask about your code…  / for commands, @ to attach"
          aria-autocomplete="list"
          aria-controls=${this.menu ? 'composer-menu' : nothing}
          aria-activedescendant=${this.menu ? `choice-${this.chosen}` : nothing}
          .value=${this.draft}
          @input=${() => this.#typed()}
          @keydown=${(event: KeyboardEvent) => this.#key(event)}
        ></textarea>
        ${this.#toolbar()}
      </div>
    `;
  }

  #chips() {
    if (this.chips.length === 0) return nothing;
    return html`<ul class="chips" aria-label="Attached">
      ${this.chips.map(
        chip => html`<li class="chip" title=${chip.title}>
          <span>${chip.label} · ${chip.size}</span>
          <button type="button" class="icon-button" aria-label=${`Remove ${chip.label}`} @click=${() => this.#send('detach', chip.id)}>
            <span class="codicon codicon-close" aria-hidden="true"></span>
          </button>
        </li>`,
      )}
    </ul>`;
  }

  #meter() {
    const { context } = this;
    if (!context) return nothing;
    const percent = Math.round(context.share * 100);
    const left = context.leftOut.length;
    return html`<div class="context">
      <meter min="0" max="100" high="85" value=${percent} aria-label="Context used" title=${`${percent} % of the model's window`}></meter>
      <span>${context.used}</span>
      ${
        left > 0
          ? html`<details class="left-out">
            <summary>${left} left out</summary>
            <ul>
              ${context.leftOut.map(item => html`<li>${item.label}: ${item.why}</li>`)}
            </ul>
            <button type="button" class="link" @click=${() => this.#send('summarize')}>Summarize Earlier Turns</button>
          </details>`
          : nothing
      }
    </div>`;
  }

  #menu() {
    const choices = this.#choices();
    if (choices.length === 0) return nothing;
    return html`<ul id="composer-menu" class="menu" role="listbox" aria-label=${this.menu === 'attach' ? 'Attach' : 'Commands'}>
      ${choices.map(
        (choice, index) => html`<li
          id=${`choice-${index}`}
          role="option"
          aria-selected=${index === this.chosen ? 'true' : 'false'}
          @mousedown=${(event: MouseEvent) => {
            event.preventDefault();
            choice.choose();
          }}
        >
          <span>${choice.label}</span> <span class="description">${choice.description}</span>
        </li>`,
      )}
    </ul>`;
  }

  #toolbar() {
    const { status } = this;
    return html`<div class="composer-bar">
      <button type="button" class="icon-button" title="Attach…" aria-label="Attach" @click=${() => this.#openAttach()}>
        <span class="codicon codicon-attach" aria-hidden="true"></span>
      </button>
      <button type="button" class="link model" title="Switch model" @click=${() => this.#send('pick-model')}>
        <span class="codicon codicon-${status.isRemote ? 'cloud' : 'lock'}" aria-hidden="true"></span>
        ${status.model ?? 'No model'}<span class="visually-hidden">, ${status.place}. Switch model</span>
      </button>
      ${
        status.thinkingLevels.length > 1
          ? html`<select
            class="thinking-level"
            aria-label="Thinking effort"
            title="Thinking effort"
            @change=${(event: Event) => this.#send('thinking-level', (event.target as HTMLSelectElement).value)}
          >
            ${status.thinkingLevels.map(
              level =>
                html`<option value=${level} ?selected=${level === status.thinkingLevel}>${`Thinking: ${level}`}</option>`,
            )}
          </select>`
          : nothing
      }
      <span class="spacer"></span>
      ${
        this.isAnswering
          ? html`<button type="button" class="primary" @click=${() => this.#send('stop')}>Stop</button>`
          : html`<button type="button" class="primary" ?disabled=${!this.#canAsk} @click=${() => this.#submit()}>Send</button>`
      }
    </div>`;
  }

  #choices(): readonly Choice[] {
    if (this.menu === 'attach') {
      return ATTACHABLE.map(kind => ({
        label: ATTACH_LABELS[kind],
        description: '',
        choose: () => this.#attach(kind),
      }));
    }
    if (this.menu !== 'commands') return [];
    const typed = /^\/(\w*)$/.exec(this.#box?.value ?? '')?.[1] ?? '';
    return this.commands
      .filter(({ name }) => name.startsWith(typed))
      .map(({ name, description }) => ({ label: `/${name}`, description, choose: () => this.#complete(name) }));
  }

  #typed(): void {
    const text = this.#box?.value ?? '';
    const at = this.#box?.selectionStart ?? text.length;
    if (/^\/\w*$/.test(text)) this.menu = 'commands';
    else this.menu = /(^|\s)@$/.test(text.slice(0, at)) ? 'attach' : undefined;
    this.chosen = 0;
    this.#fit();
    this.#send('draft', text);
  }

  #fit(): void {
    const box = this.#box;
    if (!box) return;
    box.style.height = 'auto';
    box.style.height = `${Math.min(box.scrollHeight + 2, 240)}px`;
  }

  #openAttach(): void {
    this.menu = this.menu === 'attach' ? undefined : 'attach';
    this.chosen = 0;
    this.focusBox();
  }

  #attach(kind: Attachable): void {
    const box = this.#box;
    if (box) box.value = box.value.replace(/(^|\s)@$/, '$1');
    this.menu = undefined;
    this.#send('attach', kind);
  }

  #complete(name: string): void {
    this.menu = undefined;
    this.setText(`/${name} `);
    this.menu = undefined;
  }

  #key(event: KeyboardEvent): void {
    const choices = this.#choices();
    if (choices.length > 0 && this.#menuKey(event, choices)) return;
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) {
      event.preventDefault();
      this.#submit();
    } else if (event.key === 'Escape' && this.isAnswering) {
      this.#send('stop');
    } else if (event.key === 'ArrowUp' && this.#box?.value === '') {
      event.preventDefault();
      this.#send('edit-last');
    }
  }

  #menuKey(event: KeyboardEvent, choices: readonly Choice[]): boolean {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) this.chosen = (this.chosen + step + choices.length) % choices.length;
    else if (event.key === 'Enter' || event.key === 'Tab') choices[this.chosen]?.choose();
    else if (event.key === 'Escape') this.menu = undefined;
    else return false;
    event.preventDefault();
    return true;
  }

  #submit(): void {
    const box = this.#box;
    const text = box?.value.trim() ?? '';
    if (!box || text === '' || !this.#canAsk) return;
    box.value = '';
    this.menu = undefined;
    this.#fit();
    this.#send('ask', text);
  }

  #send(name: string, detail?: string): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

customElements.define('minnow-composer', ComposerElement);
