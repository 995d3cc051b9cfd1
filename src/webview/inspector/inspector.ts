import './inspector.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type {
  InspectorFromView,
  InspectorToView,
  PromptPartShape,
  RequestDetailShape,
  RequestRowShape,
} from '../inspectorProtocol.ts';
import { PROTOCOL_VERSION } from '../protocol.ts';
import { keepViewState, listenToHost, postToHost, viewState } from '../shared/host.ts';
import { axisEndMs, legend, waterfall, waterfallWords } from './waterfall.ts';

/** As many rows as the host remembers; older ones leave the page too. */
const MAX_ROWS = 500;

interface Filters {
  readonly purpose: string;
  readonly model: string;
  readonly outcome: string;
  readonly slowerThanMs: number;
}

const NO_FILTERS: Filters = { purpose: '', model: '', outcome: '', slowerThanMs: 0 };

/** The live list of requests, newest first, and one of them in detail. */
export class InspectorElement extends LitElement {
  static override readonly properties = {
    rows: { state: true },
    paused: { state: true },
    filters: { state: true },
    selectedId: { state: true },
    detail: { state: true },
    isRecording: { state: true },
  };
  declare rows: readonly RequestRowShape[];
  /** What was there when the list was paused; the list itself goes on behind it. */
  declare paused: readonly RequestRowShape[] | undefined;
  declare filters: Filters;
  declare selectedId: string | undefined;
  declare detail: RequestDetailShape | undefined;
  declare isRecording: boolean;

  constructor() {
    super();
    this.rows = [];
    this.isRecording = false;
    this.filters = { ...NO_FILTERS, ...viewState<{ filters: Filters }>().filters };
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    listenToHost<InspectorToView>(message => this.#hear(message));
    postToHost<InspectorFromView>({ type: 'ready', version: PROTOCOL_VERSION });
  }

  #hear(message: InspectorToView): void {
    if (message.type === 'detail') this.detail = message.detail;
    else if (message.type === 'recording') this.isRecording = message.isOn;
    else this.rows = message.isWhole ? message.rows : merged(this.rows, message.rows);
  }

  get #shown(): readonly RequestRowShape[] {
    const { purpose, model, outcome, slowerThanMs } = this.filters;
    return (this.paused ?? this.rows)
      .filter(
        row =>
          (!purpose || row.purpose === purpose) &&
          (!model || row.model === model) &&
          (!outcome || row.outcome === outcome) &&
          row.totalMs >= slowerThanMs,
      )
      .toReversed();
  }

  #filter(change: Partial<Filters>): void {
    this.filters = { ...this.filters, ...change };
    keepViewState({ filters: this.filters });
  }

  #select(requestId: string | undefined): void {
    this.selectedId = requestId;
    if (requestId === undefined) this.detail = undefined;
    postToHost<InspectorFromView>({ type: 'select', requestId });
  }

  override render(): TemplateResult {
    const rows = this.#shown;
    return html`
      <main>
        <h1 class="visually-hidden">Requests</h1>
        ${this.#bar()}
        <div class="panes">
        <div class="list">${rows.length > 0 ? this.#table(rows) : this.#empty()}</div>
        ${this.detail ? this.#detail(this.detail) : nothing}
        </div>
      </main>`;
  }

  #bar(): TemplateResult {
    const { filters } = this;
    const valuesOf = (of: (row: RequestRowShape) => string) => [...new Set(this.rows.map(of))].sort();
    const choice = (label: string, key: 'purpose' | 'model' | 'outcome') => html`
      <label>${label}
        <select @change=${(event: Event) => this.#filter({ [key]: (event.target as HTMLSelectElement).value })}>
          <option value="" ?selected=${!filters[key]}>all</option>
          ${valuesOf(row => row[key]).map(value => html`<option ?selected=${filters[key] === value}>${value}</option>`)}
        </select>
      </label>`;
    return html`
      <div class="bar" role="toolbar" aria-label="Filters">
        ${choice('Purpose', 'purpose')} ${choice('Model', 'model')} ${choice('Outcome', 'outcome')}
        <label>Slower than
          <input type="number" min="0" step="50" .value=${String(filters.slowerThanMs)}
            @change=${(event: Event) => this.#filter({ slowerThanMs: Number((event.target as HTMLInputElement).value) || 0 })}
          > ms
        </label>
        <button type="button" aria-pressed=${this.paused ? 'true' : 'false'}
          @click=${() => {
            this.paused = this.paused ? undefined : this.rows;
          }}
        ><span class="codicon codicon-${this.paused ? 'debug-continue' : 'debug-pause'}" aria-hidden="true"></span>
          ${this.paused ? 'Resume' : 'Pause'}</button>
        <button type="button" aria-pressed=${this.isRecording ? 'true' : 'false'}
          title="Keeps the prompts of the next requests, in memory only, and forgets them when you turn it off"
          @click=${() => postToHost<InspectorFromView>({ type: 'record', isWanted: !this.isRecording })}
        ><span class="codicon codicon-record" aria-hidden="true"></span> Record prompts</button>
        <button type="button" @click=${() => postToHost<InspectorFromView>({ type: 'openDashboard' })}
        ><span class="codicon codicon-dashboard" aria-hidden="true"></span> Dashboard</button>
        ${legend()}
      </div>`;
  }

  #empty(): TemplateResult {
    if (this.rows.length === 0) {
      return html`<p class="empty">No request yet. Type in an editor, and each request appears here as it ends.</p>`;
    }
    return html`
      <p class="empty">None of the ${this.rows.length} requests fits the filters.
        <button type="button" @click=${() => this.#filter(NO_FILTERS)}>Clear filters</button></p>`;
  }

  #table(rows: readonly RequestRowShape[]): TemplateResult {
    const endMs = axisEndMs(rows);
    return html`
      <table role="grid" aria-label="Requests of this window, newest first" @keydown=${(event: KeyboardEvent) => this.#move(event, rows)}>
        <thead>
          <tr>
            <th scope="col">Time</th><th scope="col">Purpose</th><th scope="col">Model</th>
            <th scope="col" class="wide">Phases (0 … ${endMs.toLocaleString('en-US')} ms)</th>
            <th scope="col" class="number">Total</th>
            <th scope="col" class="number" title="Prompt tokens sent, and of these from the server's cache">In (cached)</th>
            <th scope="col" class="number" title="Tokens generated">Out</th>
            <th scope="col" class="number">Cost</th><th scope="col">Outcome</th>
          </tr>
        </thead>
        <tbody>${repeat(
          rows,
          row => row.id,
          (row, index) => this.#row(row, index, endMs),
        )}</tbody>
      </table>`;
  }

  #row(row: RequestRowShape, index: number, endMs: number): TemplateResult {
    const isSelected = row.id === this.selectedId;
    // One row can be reached by Tab, the others by the arrow keys, as in every list of the editor.
    const isReachable = isSelected || (index === 0 && !this.#shown.some(({ id }) => id === this.selectedId));
    return html`
      <tr data-id=${row.id} class=${row.kind} tabindex=${isReachable ? 0 : -1} aria-selected=${isSelected ? 'true' : 'false'}
        @click=${() => this.#select(row.id)} title=${row.place}>
        <td>${row.time}</td><td>${row.purpose}</td>
        <td>${row.model} ${
          row.isRemote ? html`<span class="codicon codicon-cloud" role="img" aria-label="remote"></span>` : nothing
        }</td>
        <td class="wide" title=${waterfallWords(row.phases)}>
          ${waterfall(row.phases, endMs)}<span class="visually-hidden">${waterfallWords(row.phases)}</span>
        </td>
        <td class="number">${row.total}</td><td class="number">${row.tokensIn}</td>
        <td class="number">${row.tokensOut}</td><td class="number">${row.cost}</td><td>${row.outcome}</td>
      </tr>`;
  }

  #move(event: KeyboardEvent, rows: readonly RequestRowShape[]): void {
    const focused = (event.target as Element).closest('tr')?.getAttribute('data-id');
    const index = rows.findIndex(({ id }) => id === focused);
    const steps: Record<string, number> = { ArrowDown: index + 1, ArrowUp: index - 1, Home: 0, End: rows.length - 1 };
    if (event.key === 'Escape') this.#select(undefined);
    const next = event.key === 'Enter' || event.key === ' ' ? rows[index] : rows[steps[event.key] ?? -1];
    if (!next) return;
    event.preventDefault();
    this.#select(next.id);
    void this.updateComplete.then(() =>
      this.querySelector<HTMLElement>(`tr[data-id="${CSS.escape(next.id)}"]`)?.focus(),
    );
  }

  #detail(detail: RequestDetailShape): TemplateResult {
    return html`
      <section class="detail" aria-label="Details of the request" @keydown=${(event: KeyboardEvent) => {
        if (event.key === 'Escape') this.#select(undefined);
      }}>
        <h2>${detail.title}</h2>
        <ul class="story">${detail.story.map(sentence => html`<li>${sentence}</li>`)}</ul>
        <dl>${detail.facts.map(
          ({ label, value, explanation }) => html`<div title=${explanation}><dt>${label}</dt><dd>${value}</dd></div>`,
        )}</dl>
        ${detail.prompt ? promptParts(detail.prompt) : nothing}
        <div class="actions">
          <button type="button" @click=${() => postToHost<InspectorFromView>({ type: 'copy', requestId: detail.id })}
          >Copy as JSON</button>
          <button type="button" @click=${() => this.#select(undefined)}>Close</button>
        </div>
      </section>`;
  }
}

/** Each part in its own frame, in the order in which the model reads them. */
function promptParts(parts: readonly PromptPartShape[]): TemplateResult {
  return html`
    <h3>Prompt</h3>
    <ol class="prompt">${parts.map(
      ({ kind, label, size, text, why }) => html`
        <li class=${kind} title=${why}>
          <span class="part-head">${label} · ${size}</span><span class="visually-hidden">. ${why}</span>
          <pre tabindex="0">${text}</pre>
        </li>`,
    )}</ol>`;
}

/** Changed rows take their old place, new ones come to the end. */
function merged(rows: readonly RequestRowShape[], changed: readonly RequestRowShape[]): readonly RequestRowShape[] {
  const byId = new Map([...rows, ...changed].map(row => [row.id, row]));
  return [...byId.values()].slice(-MAX_ROWS);
}

customElements.define('minnow-inspector', InspectorElement);
