import { html, LitElement, nothing, type PropertyValues } from 'lit';
import type { ActionShape, AnswerShape } from '../chatProtocol.ts';
import { MarkdownStream } from './markdownStream.ts';

/** One answer. Its text is drawn by hand, piece by piece; the rest is declared. */
export class AnswerElement extends LitElement {
  static override readonly properties = {
    answer: { attribute: false },
    isAlone: { attribute: false },
    canAskLarger: { attribute: false },
  };
  declare answer: AnswerShape;
  declare isAlone: boolean;
  declare canAskLarger: boolean;
  #stream: MarkdownStream | undefined;
  #drawnChars = 0;
  #thought = '';

  override createRenderRoot(): HTMLElement {
    return this;
  }

  /** More text of the answer that is streaming; the property follows when it ends. */
  appendText(delta: string): void {
    this.#drawnChars += delta.length;
    this.#stream?.append(delta);
  }

  appendThinking(delta: string): void {
    this.#thought += delta;
    const element = this.querySelector('.thinking-text');
    if (element) element.append(delta);
    else this.requestUpdate();
  }

  override firstUpdated(): void {
    const root = this.querySelector<HTMLElement>('.answer-text');
    if (root) this.#stream = new MarkdownStream(root, text => this.#announce(text));
    this.#catchUp();
  }

  override updated(changed: PropertyValues<this>): void {
    if (changed.has('answer')) this.#catchUp();
  }

  #catchUp(): void {
    if (!this.#stream) return;
    const { text, state } = this.answer;
    if (text.length < this.#drawnChars) {
      this.#stream.clear();
      this.#drawnChars = 0;
    }
    if (text.length > this.#drawnChars) this.appendText(text.slice(this.#drawnChars));
    if (state !== 'streaming') this.#stream.finish();
  }

  #announce(text: string): void {
    if (this.answer.state !== 'streaming') return;
    this.dispatchEvent(new CustomEvent('announce', { bubbles: true, detail: text }));
  }

  override render() {
    const { answer } = this;
    return html`
      <div class="answer-head">
        <span class="author">${answer.author || 'Minnow'}</span>
        <span class="description">${answer.rung}</span>
        <span
          class="codicon codicon-${answer.isRemote ? 'cloud' : 'lock'}"
          role="img"
          aria-label=${answer.isRemote ? 'answered by a remote server' : 'answered on this machine'}
          title=${answer.isRemote ? 'Answered by a remote server' : 'Answered on this machine or your own network'}
        ></span>
      </div>
      ${this.#thinking()}
      <div class="answer-text"></div>
      ${answer.state === 'streaming' && !answer.text ? html`<p class="waiting" role="status">Waiting for the first token…</p>` : nothing}
      ${answer.note ? html`<p class="note">${answer.note} ${this.#action(answer.action)}</p>` : nothing}
      ${answer.state === 'streaming' ? nothing : this.#footer()}
    `;
  }

  #thinking() {
    const thinking = this.answer.thinking;
    if (!thinking && !this.#thought) return nothing;
    return html`<details class="thinking">
      <summary>${thinking?.summary || 'Thinking…'}</summary>
      <div class="thinking-text">${thinking?.text || this.#thought}</div>
    </details>`;
  }

  #footer() {
    const { answer } = this;
    return html`<div class="answer-foot">
      ${
        answer.requestId
          ? html`<button type="button" class="link" title=${`${answer.metricsTitle}\nShow this request`} @click=${() => this.#send('show-request')}>
              ${answer.metrics}
            </button>`
          : html`<span>${answer.metrics}</span>`
      }
      <span class="answer-actions">
        <button type="button" class="link" @click=${() => this.#send('regenerate')}>Regenerate</button>
        ${this.canAskLarger ? html`<button type="button" class="link" @click=${() => this.#send('ask-larger')}>Ask a Larger Model</button>` : nothing}
        ${this.isAlone ? nothing : html`<button type="button" class="link" @click=${() => this.#send('keep')}>Keep This One</button>`}
      </span>
    </div>`;
  }

  #action(action: ActionShape | undefined) {
    if (!action) return nothing;
    return html`<button type="button" class="link" @click=${() => this.#send('run-action', action.command)}>${action.label}</button>`;
  }

  #send(name: string, detail?: string): void {
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, detail }));
  }
}

customElements.define('minnow-answer', AnswerElement);
