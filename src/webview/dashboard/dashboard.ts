import './dashboard.css';
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import {
  type DashboardChoice,
  type DashboardFromView,
  type DashboardShape,
  type DashboardToView,
  type FigureShape,
  RANGES,
  type Range,
  type TableShape,
} from '../dashboardProtocol.ts';
import { PROTOCOL_VERSION } from '../protocol.ts';
import { keepViewState, listenToHost, postToHost, viewState } from '../shared/host.ts';
import { axisTicks, barTable, histogram, overTime } from './charts.ts';

const RANGE_WORDS: Record<Range, string> = { today: 'Today', '7days': '7 days', '30days': '30 days' };
const FILTERS = [
  ['purpose', 'Purpose'],
  ['model', 'Model'],
  ['language', 'Language'],
] as const;

/** How fast, how useful, how dear: the ledger in figures. The page only draws; the extension reckons. */
export class DashboardElement extends LitElement {
  static override readonly properties = {
    dashboard: { state: true },
    failure: { state: true },
    isWaiting: { state: true },
  };
  declare dashboard: DashboardShape | undefined;
  declare failure: string | undefined;
  declare isWaiting: boolean;

  constructor() {
    super();
    this.isWaiting = true;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    listenToHost<DashboardToView>(message => this.#hear(message));
    const { choice } = viewState<{ choice: DashboardChoice }>();
    if (choice) this.#send({ type: 'choose', choice });
    else this.#send({ type: 'ready', version: PROTOCOL_VERSION });
  }

  #hear(message: DashboardToView): void {
    this.isWaiting = false;
    if (message.type === 'failed') this.failure = message.sentence;
    else {
      this.failure = undefined;
      this.dashboard = message.dashboard;
    }
  }

  #send(message: DashboardFromView): void {
    postToHost<DashboardFromView>(message);
  }

  #choose(change: Partial<DashboardChoice>): void {
    if (!this.dashboard) return;
    const choice = { ...this.dashboard.choice, ...change };
    this.dashboard = { ...this.dashboard, choice };
    this.isWaiting = true;
    keepViewState({ choice });
    this.#send({ type: 'choose', choice });
  }

  override render(): TemplateResult {
    const { dashboard, failure } = this;
    return html`
      <main aria-busy=${this.isWaiting ? 'true' : 'false'}>
        <h1>Minnow Dashboard</h1>
        ${failure ? html`<p role="alert">${failure}</p>` : nothing}
        ${dashboard ? this.#whole(dashboard) : failure ? nothing : html`<p class="empty">Reading the ledger…</p>`}
      </main>`;
  }

  #whole(dashboard: DashboardShape): TemplateResult {
    return html`
      ${this.#bar(dashboard)}
      ${dashboard.note ? html`<p class="note">${dashboard.note}</p>` : nothing}
      ${dashboard.isEmpty ? this.#empty() : sections(dashboard)}
      <footer>
        <button type="button" @click=${() => this.#send({ type: 'showRequests' })}>Show requests</button>
        <button type="button" @click=${() => this.#send({ type: 'export' })}>Export…</button>
        <button type="button" @click=${() => this.#send({ type: 'deleteAll' })}>Delete all…</button>
      </footer>`;
  }

  #bar({ choice, options }: DashboardShape): TemplateResult {
    return html`
      <div class="bar" role="toolbar" aria-label="Range and filters">
        ${RANGES.map(
          range => html`<button type="button" aria-pressed=${choice.range === range ? 'true' : 'false'}
            @click=${() => this.#choose({ range })}>${RANGE_WORDS[range]}</button>`,
        )}
        ${FILTERS.map(
          ([key, label]) => html`
            <label>${label}
              <select @change=${(event: Event) => this.#choose({ [key]: (event.target as HTMLSelectElement).value })}>
                <option value="" ?selected=${!choice[key]}>all</option>
                ${options[key].map(
                  option =>
                    html`<option value=${option.value} ?selected=${choice[key] === option.value}>${option.label}</option>`,
                )}
              </select>
            </label>`,
        )}
      </div>`;
  }

  #empty(): TemplateResult {
    return html`
      <section class="empty">
        <p>Nothing has been asked of a model in this time. Here you will see how long suggestions take and in which phase,
          which of them you take, where the tokens go, and what it costs.</p>
        <button type="button" @click=${() => this.#send({ type: 'trySuggestion' })}>Type something</button>
      </section>`;
  }
}

function sections(dashboard: DashboardShape): TemplateResult {
  return html`
    ${figures('Today', dashboard.figures)}
    <section aria-labelledby="phases">
      <h2 id="phases">Where the time goes</h2>
      <p class="hint">How many requests took how long in each phase, on a log axis. Solid line: p50. Dashed line: p95.</p>
      ${phaseTable(dashboard)}
    </section>
    <section aria-labelledby="over-time">
      <h2 id="over-time">Time to the whole answer, over time</h2>
      <p class="hint">Line: p50. Band: up to p95. The axis is logarithmic.</p>
      ${overTime(dashboard.overTime)}
      <details>
        <summary>Show as table</summary>
        ${plainTable({
          columns: ['From', 'Requests', 'p50', 'p95'].map((label, index) => ({
            label,
            explanation: '',
            isNumber: index > 0,
          })),
          rows: dashboard.overTime.map(({ label, requests, p50, p95 }) => [label, String(requests), p50, p95]),
        })}
      </details>
    </section>
    <section aria-labelledby="models"><h2 id="models">By model</h2>${plainTable(dashboard.models)}</section>
    <section aria-labelledby="languages"><h2 id="languages">By language</h2>${plainTable(dashboard.languages)}</section>
    <div class="columns">
      <section aria-labelledby="tokens">
        <h2 id="tokens">Where the tokens of completions go</h2>
        ${barTable('Tokens of completions', dashboard.funnel)}
        <p class="hint">${dashboard.funnelNote}</p>
      </section>
      <section aria-labelledby="places">
        <h2 id="places">Where requests went</h2>
        ${barTable('Requests by place', dashboard.places)}
      </section>
    </div>
    ${figures('Cost', dashboard.money)}
    ${
      dashboard.budget.length > 0
        ? html`<section aria-labelledby="budget"><h2 id="budget">Budget</h2>${barTable('Cost against the budget', dashboard.budget)}</section>`
        : nothing
    }`;
}

function figures(title: string, shapes: readonly FigureShape[]): TemplateResult {
  return html`
    <section aria-label=${title}>
      <h2>${title}</h2>
      <dl class="figures">${shapes.map(
        ({ label, value, detail, explanation }) => html`
          <div title=${explanation}>
            <dt>${label}</dt>
            <dd class="value">${value}</dd>
            <dd class="detail">${detail}</dd>
          </div>`,
      )}</dl>
    </section>`;
}

function phaseTable({ phases, edgesMs }: DashboardShape): TemplateResult {
  return html`
    <div class="scrolled" tabindex="0" role="region" aria-label="Time by phase">
      <table class="phases">
      <thead><tr>
        <th scope="col">Phase</th>
        <th scope="col" class="wide">${axisTicks(edgesMs)}<span class="visually-hidden">Distribution</span></th>
        <th scope="col" class="number">p50</th><th scope="col" class="number">p95</th>
        <th scope="col" class="number">p99</th><th scope="col" class="number">n</th>
      </tr></thead>
      <tbody>${phases.map(
        phase => html`
          <tr title=${phase.explanation}>
            <th scope="row">${phase.label}</th>
            <td class="wide">${histogram(phase, edgesMs)}</td>
            <td class="number">${phase.p50}</td><td class="number">${phase.p95}</td>
            <td class="number">${phase.p99}</td><td class="number">${phase.count}</td>
          </tr>`,
      )}</tbody>
    </table>
    </div>`;
}

/** Scrolls by itself where the tab is narrow; so it can be reached, and scrolled, by keyboard. */
function plainTable({ columns, rows }: TableShape): TemplateResult {
  return html`
    <div class="scrolled" tabindex="0" role="region" aria-label=${columns[0]?.label ?? ''}>
      <table>
        <thead><tr>${columns.map(
          ({ label, explanation, isNumber }) =>
            html`<th scope="col" class=${isNumber ? 'number' : ''} title=${explanation}>${label}</th>`,
        )}</tr></thead>
        <tbody>${rows.map(
          cells =>
            html`<tr>${cells.map((cell, index) =>
              index === 0 ? html`<th scope="row">${cell}</th>` : html`<td class="number">${cell}</td>`,
            )}</tr>`,
        )}</tbody>
      </table>
    </div>`;
}

customElements.define('minnow-dashboard', DashboardElement);
