import * as v from 'valibot';
import * as vscode from 'vscode';
import type { Clock } from '../base/clock.ts';
import { type Disposable, DisposableSlot, DisposableStore } from '../base/disposable.ts';
import type { Logger } from '../base/logger.ts';
import { requestCells } from '../metering/ledgerSchema.ts';
import { openTelemetryAttributes } from '../metering/openTelemetry.ts';
import type { PromptRecording } from '../metering/promptRecording.ts';
import type { RecentRequests } from '../metering/recentRequests.ts';
import type { InspectorFromView, InspectorToView } from '../webview/inspectorProtocol.ts';
import { detailShape, rowShape } from './inspectorShapes.ts';
import { connectView, type ViewConnection, webviewHtml, webviewOptions } from './webviewHost.ts';

export const INSPECTOR_VIEW_ID = 'minnow.requests';

/** The view is told of changes at most this often: rows come with every key, and nobody reads faster. */
const UPDATE_GAP_MS = 250;

export interface InspectorNeeds {
  readonly clock: Clock;
  readonly log: Logger;
  readonly requests: RecentRequests;
  readonly recording: PromptRecording;
  readonly extensionUri: vscode.Uri;
}

export interface InspectorView extends Disposable {
  show(): Promise<void>;
}

const id = v.pipe(v.string(), v.maxLength(100));
const SCHEMA = v.variant('type', [
  v.object({ type: v.literal('ready'), version: v.number() }),
  v.object({ type: v.literal('select'), requestId: v.optional(id) }),
  v.object({ type: v.literal('copy'), requestId: id }),
  v.object({ type: v.literal('record'), isWanted: v.boolean() }),
  v.object({ type: v.literal('openDashboard') }),
]);

export function registerInspectorView(needs: InspectorNeeds): InspectorView {
  const store = new DisposableStore();
  const connection = store.add(new DisposableSlot<Inspector>());
  const provider: vscode.WebviewViewProvider = {
    resolveWebviewView(view) {
      view.webview.options = webviewOptions(needs.extensionUri);
      connection.value = new Inspector(needs, view.webview);
      view.webview.html = webviewHtml(view.webview, needs.extensionUri, {
        view: 'inspector',
        title: 'Minnow Requests',
      });
    },
  };
  store.add(vscode.window.registerWebviewViewProvider(INSPECTOR_VIEW_ID, provider));
  return {
    show: async () => {
      await vscode.commands.executeCommand(`${INSPECTOR_VIEW_ID}.focus`);
    },
    dispose: () => store.dispose(),
  };
}

/** One page of the inspector: what changed since it was last told, and the request that is looked at. */
class Inspector implements Disposable {
  readonly #needs: InspectorNeeds;
  readonly #store = new DisposableStore();
  readonly #timer = this.#store.add(new DisposableSlot());
  readonly #connection: ViewConnection<InspectorToView>;
  readonly #changed = new Set<string>();
  #selectedId: string | undefined;

  constructor(needs: InspectorNeeds, webview: vscode.Webview) {
    this.#needs = needs;
    this.#connection = this.#store.add(
      connectView<InspectorFromView, InspectorToView>(webview, {
        parse: parseMessage,
        handle: message => this.#handle(message),
        log: needs.log,
      }),
    );
    this.#store.add(
      needs.recording.onDidChange(() => {
        this.#postRecording();
        this.#postDetail();
      }),
    );
    this.#store.add(needs.requests.onDidChange(({ record }) => this.#noteChange(record.id)));
  }

  #handle(message: InspectorFromView): Promise<void> | void {
    switch (message.type) {
      case 'ready':
        this.#postRecording();
        return this.#postRows(
          this.#needs.requests.all().map(({ record }) => record.id),
          'whole',
        );
      case 'select':
        this.#selectedId = message.requestId;
        return this.#postDetail();
      case 'copy':
        return this.#copy(message.requestId);
      case 'record':
        return message.isWanted ? this.#needs.recording.start() : this.#needs.recording.stop();
      case 'openDashboard':
        return void vscode.commands.executeCommand('minnow.openDashboard');
    }
  }

  #noteChange(requestId: string): void {
    this.#changed.add(requestId);
    this.#timer.value ??= this.#needs.clock.after(UPDATE_GAP_MS, () => {
      this.#timer.value = undefined;
      this.#postRows([...this.#changed], 'changed');
      if (this.#selectedId && this.#changed.has(this.#selectedId)) this.#postDetail();
      this.#changed.clear();
    });
  }

  #postRows(ids: readonly string[], which: 'whole' | 'changed'): void {
    const found = ids.flatMap(requestId => this.#needs.requests.find(requestId) ?? []);
    this.#connection.post({ type: 'rows', rows: found.map(request => rowShape(request)), isWhole: which === 'whole' });
  }

  #postRecording(): void {
    this.#connection.post({ type: 'recording', isOn: this.#needs.recording.isOn });
  }

  #postDetail(): void {
    const request = this.#selectedId === undefined ? undefined : this.#needs.requests.find(this.#selectedId);
    this.#connection.post({
      type: 'detail',
      detail: request && detailShape(request, this.#needs.recording.find(request.record.id)),
    });
  }

  async #copy(requestId: string): Promise<void> {
    const request = this.#needs.requests.find(requestId);
    if (!request) return;
    const attributes = openTelemetryAttributes(requestCells(request.record));
    await vscode.env.clipboard.writeText(JSON.stringify(attributes, null, 2));
  }

  dispose(): void {
    this.#store.dispose();
  }
}

function parseMessage(message: unknown): InspectorFromView | undefined {
  const parsed = v.safeParse(SCHEMA, message);
  return parsed.success ? parsed.output : undefined;
}
