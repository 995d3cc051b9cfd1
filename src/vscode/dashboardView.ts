import * as v from 'valibot';
import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { type Disposable, DisposableSlot, DisposableStore } from '../base/disposable.ts';
import type { Logger } from '../base/logger.ts';
import type { Comparison } from '../metering/cost.ts';
import type { Ledger } from '../metering/ledger.ts';
import type { Purpose } from '../metering/requestRecord.ts';
import type { Summary, SummaryQuestion } from '../metering/summaryTypes.ts';
import {
  type DashboardChoice,
  type DashboardFromView,
  type DashboardToView,
  RANGES,
} from '../webview/dashboardProtocol.ts';
import { rangeOf, weekBefore } from './dashboardRanges.ts';
import { type BudgetFacts, dashboardShape } from './dashboardShapes.ts';
import { connectView, type ViewConnection, webviewHtml, webviewOptions } from './webviewHost.ts';

export interface DashboardNeeds {
  readonly clock: Clock;
  readonly log: Logger;
  readonly ledger: Ledger;
  readonly extensionUri: vscode.Uri;
  /** What local use is compared with, at its price of that moment. */
  readonly comparison: (atMs: number) => Comparison | undefined;
  readonly budget: () => BudgetFacts | undefined;
}

export interface Dashboard extends Disposable {
  show(): void;
}

const PANEL_TYPE = 'minnowDashboard';

const word = v.pipe(v.string(), v.maxLength(300));
const SCHEMA = v.variant('type', [
  v.object({ type: v.literal('ready'), version: v.number() }),
  v.object({
    type: v.literal('choose'),
    choice: v.object({ range: v.picklist(RANGES), purpose: word, model: word, language: word }),
  }),
  v.object({ type: v.picklist(['export', 'deleteAll', 'showRequests', 'trySuggestion']) }),
]);

const COMMAND_OF = {
  export: 'minnow.exportLedger',
  deleteAll: 'minnow.deleteLedger',
  showRequests: 'minnow.showRequests',
  trySuggestion: 'minnow.triggerCompletion',
} as const;

/** One tab for all windows of this editor; opened again, it comes to the front. */
export function createDashboard(needs: DashboardNeeds): Dashboard {
  const slot = new DisposableSlot<DashboardPanel>();
  return {
    show() {
      if (slot.value?.reveal()) return;
      slot.value = new DashboardPanel(needs);
    },
    dispose: () => slot.dispose(),
  };
}

class DashboardPanel implements Disposable {
  readonly #needs: DashboardNeeds;
  readonly #panel: vscode.WebviewPanel;
  readonly #store = new DisposableStore();
  readonly #connection: ViewConnection<DashboardToView>;
  #choice: DashboardChoice = { range: 'today', purpose: '', model: '', language: '' };
  #isClosed = false;

  constructor(needs: DashboardNeeds) {
    this.#needs = needs;
    const { extensionUri, log } = needs;
    const column = vscode.ViewColumn.Active;
    this.#panel = vscode.window.createWebviewPanel(
      PANEL_TYPE,
      'Minnow Dashboard',
      column,
      webviewOptions(extensionUri),
    );
    this.#connection = this.#store.add(
      connectView<DashboardFromView, DashboardToView>(this.#panel.webview, {
        parse: parseMessage,
        handle: message => this.#handle(message),
        log,
      }),
    );
    this.#panel.onDidDispose(() => {
      this.#isClosed = true;
      this.#store.dispose();
    });
    this.#panel.webview.html = webviewHtml(this.#panel.webview, extensionUri, {
      view: 'dashboard',
      title: 'Minnow Dashboard',
    });
  }

  reveal(): boolean {
    if (this.#isClosed) return false;
    this.#panel.reveal();
    return true;
  }

  async #handle(message: DashboardFromView): Promise<void> {
    if (message.type === 'choose') this.#choice = message.choice;
    if (message.type === 'ready' || message.type === 'choose') return this.#post();
    await vscode.commands.executeCommand(COMMAND_OF[message.type]);
    if (message.type === 'deleteAll') await this.#post();
  }

  /** Only the newest choice is answered: who clicks on has no use for what came before. */
  async #post(): Promise<void> {
    const choice = this.#choice;
    const asked = await this.#ask(choice);
    if (choice !== this.#choice || this.#isClosed) return;
    if (typeof asked === 'string') this.#connection.post({ type: 'failed', sentence: asked });
    else this.#connection.post({ type: 'dashboard', dashboard: dashboardShape(asked) });
  }

  async #ask(choice: DashboardChoice) {
    const { clock, comparison, ledger } = this.#needs;
    const nowMs = clock.nowMs();
    const { partLabel, ...range } = rangeOf(choice.range, nowMs);
    const today = rangeOf('today', nowMs);
    const completions = { purpose: 'completion' as const, partsFromMs: [], comparison: comparison(nowMs) };
    const filters = {
      ...(choice.purpose && { purpose: choice.purpose as Purpose }),
      ...(choice.model && { model: choice.model }),
      ...(choice.language && { languageId: choice.language }),
    };
    const isFiltered = Object.keys(filters).length > 0;
    const questions: SummaryQuestion[] = [
      { ...range, ...filters, comparison: completions.comparison },
      { ...completions, fromMs: today.fromMs, toMs: today.toMs },
      { ...completions, ...weekBefore(nowMs) },
      ...(isFiltered ? [{ ...range, partsFromMs: [] }] : []),
    ];
    const summaries: Summary[] = [];
    for (const question of questions) {
      const answer = await ledger.summarize(question);
      if (!answer.ok) return `The ledger cannot be read: ${answer.error.detail}`;
      summaries.push(answer.value);
    }
    const [chosen, todays, before, all = chosen] = summaries as [Summary, Summary, Summary, Summary?];
    return {
      choice,
      chosen,
      all,
      today: todays,
      before,
      ledger: ledger.state,
      partLabel,
      budget: this.#needs.budget(),
    };
  }

  dispose(): void {
    this.#panel.dispose();
  }
}

function parseMessage(message: unknown): DashboardFromView | undefined {
  const parsed = v.safeParse(SCHEMA, message);
  return parsed.success ? parsed.output : undefined;
}
