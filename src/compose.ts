import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { ExtensionContext } from 'vscode';
import { createHttp } from './backends/http.ts';
import { systemClock as clock } from './base/clock.ts';
import { type Disposable, DisposableStore, toDisposable } from './base/disposable.ts';
import { TokenRatio } from './base/tokenRatio.ts';
import { TranscriptStore } from './chat/transcriptStore.ts';
import { createCompletionEngine } from './completion/completionEngine.ts';
import type { ContextSource } from './completion/context/contextSource.ts';
import { chooseFamily } from './completion/prompt/chooseFamily.ts';
import { createEmbeddedSupervisor } from './embedded/supervisor.ts';
import { comparisonOf, createCostOf } from './metering/cost.ts';
import { Ledger } from './metering/ledger.ts';
import { priceListFrom } from './metering/priceListFile.ts';
import { PromptRecording } from './metering/promptRecording.ts';
import { meterTo, RecentRequests } from './metering/recentRequests.ts';
import { createConnect } from './models/connect.ts';
import { createInventory } from './models/inventory.ts';
import { createDoor } from './routing/dispatcher.ts';
import { createPrivacyPolicy } from './routing/privacyPolicy.ts';
import type { MinnowSettings } from './settings/settings.ts';
import type { MinnowApi } from './vscode/api.ts';
import { createApi } from './vscode/apiShapes.ts';
import { chatCommands } from './vscode/chatCommands.ts';
import { registerChatParticipant } from './vscode/chatParticipant.ts';
import { type ChatView, registerChatView } from './vscode/chatView.ts';
import { registerCodeActions } from './vscode/codeActions.ts';
import { commandHandlers } from './vscode/commandHandlers.ts';
import { registerCommands } from './vscode/commands.ts';
import { createCommitMessageWriter } from './vscode/commitMessageCommand.ts';
import { createConsentDialog } from './vscode/consentDialog.ts';
import { type ContextGathering, createContextGathering } from './vscode/contextGathering.ts';
import { type BudgetFacts, budgetOf } from './vscode/dashboardShapes.ts';
import { createDashboard } from './vscode/dashboardView.ts';
import { editCommands } from './vscode/editCommands.ts';
import {
  activeLanguageId,
  editorVersions,
  onDidChangeActiveLanguage,
  onDidFocusWindow,
  showPassingNotice,
} from './vscode/editorPorts.ts';
import { createEditorState } from './vscode/editorState.ts';
import { embeddedEngineOf, embeddedToken } from './vscode/embeddedPort.ts';
import { registerInlineCompletions } from './vscode/inlineCompletions.ts';
import { registerInspectorView } from './vscode/inspectorView.ts';
import { keepEnginesCurrent } from './vscode/keepEnginesCurrent.ts';
import { createKeyStore, type KeyStore } from './vscode/keyStore.ts';
import { registerLanguageModels } from './vscode/languageModelProvider.ts';
import { createLog, type Log } from './vscode/log.ts';
import { meterCommands } from './vscode/meterCommands.ts';
import { createProposedEdits } from './vscode/proposedEdits.ts';
import { createProposedText } from './vscode/proposedText.ts';
import { createSettingsStore, type SettingsStore } from './vscode/settingsStore.ts';
import { createSpendingWatch } from './vscode/spendingWatch.ts';
import { createStatusBar } from './vscode/statusBar.ts';
import { createTextView, type TextView } from './vscode/textView.ts';
import { createTranscriptFiles } from './vscode/transcriptFiles.ts';

export interface Minnow extends Disposable {
  readonly api: MinnowApi;
  /** Resolves when everything measured so far is in the ledger. */
  flush(): Promise<void>;
}

/** Builds every room by plain constructors, in the order in which they need each other. Touches no disk and no network. */
export function compose(context: ExtensionContext): Minnow {
  const startedMs = clock.monotonicMs();
  const store = new DisposableStore();
  const log = store.add(createLog());
  const settingsStore = store.add(createSettingsStore(log));
  const keys = createKeyStore(context.secrets);
  const gathering = store.add(createContextGathering({ clock, log }));
  const contextSource = gathering.source;
  const rooms = composeRooms({ context, store, log, settings: settingsStore.current, keys, contextSource });
  composeEditor({ context, store, log, settingsStore, keys, gathering }, rooms);
  const { requests, engine, inventory, ledger } = rooms;
  const activationMs = clock.monotonicMs() - startedMs;
  return {
    api: createApi({ requests, engine, inventory, activationMs }),
    flush: async () => {
      await ledger.flush();
    },
    dispose: () => store.dispose(),
  };
}

interface Ground {
  readonly context: ExtensionContext;
  /** Ends what is built, in reverse order. */
  readonly store: DisposableStore;
  readonly log: Log;
  readonly keys: KeyStore;
}

type Rooms = ReturnType<typeof composeRooms>;

/** What knows nothing of the editor. */
function composeRooms(
  ground: Ground & { readonly settings: () => MinnowSettings; readonly contextSource: ContextSource },
) {
  const { context, store, log, settings, keys, contextSource } = ground;
  const file = (path: string) => join(context.extensionPath, path);
  const requests = store.add(new RecentRequests());
  const ledger = new Ledger({
    folder: context.globalStorageUri.fsPath,
    worker: file('dist/ledgerWorker.cjs'),
    clock,
    logger: log,
  });
  store.add(toDisposable(() => void ledger.close()));
  const meter = meterTo(requests, ledger);

  const embedded = store.add(
    createEmbeddedSupervisor({
      clock,
      logger: log,
      serverFile: file('dist/embedded/server.mjs'),
      defaultModelPath: file('media/models/minnow-tiny/minnow-tiny-q8_0.gguf'),
      choice: settings().embedded,
    }),
  );

  const policy = createPrivacyPolicy();
  const connect = createConnect({
    http: store.add(createHttp({ clock })),
    clock,
    policy,
    keyFor: async origin => embeddedToken(embedded, origin) ?? (await keys.keyFor(origin)),
    keepAliveMinutes: () => settings().keepAliveMinutes,
    onHealed: model => {
      const notice = `${model} no longer answered, so it was unloaded and is asked again.`;
      log.warn(notice);
      showPassingNotice(`Minnow: ${notice}`);
    },
  });
  const inventory = store.add(
    createInventory({
      clock,
      log,
      settings,
      connect,
      embedded: embeddedEngineOf(embedded, () => settings().embedded.enabled),
      canFillInTheMiddle: facts => chooseFamily(facts).kind !== 'none',
    }),
  );

  const priceList = priceListFrom(file('media/listPrices.json'), log);
  const comparison = (atMs: number) => {
    const reference = settings().metering.comparedWith;
    const list = reference ? priceList() : undefined;
    return list && comparisonOf(list, reference, atMs);
  };
  const costOf = createCostOf({ settings: () => settings().metering, priceList });
  const recording = new PromptRecording();
  const door = createDoor({ clock, candidates: inventory, policy, meter, costOf, newId: randomUUID, recording });
  const engine = store.add(
    createCompletionEngine({ clock, door, candidates: inventory, meter, newId: randomUUID, log, contextSource }),
  );
  return {
    requests,
    ledger,
    recording,
    comparison,
    embedded,
    inventory,
    costOf,
    door,
    engine,
    tokenRatio: new TokenRatio(),
  };
}

/** What people see and press. */
function composeEditor(
  ground: Ground & { readonly settingsStore: SettingsStore; readonly gathering: ContextGathering },
  rooms: Rooms,
): void {
  const { context, store, log, keys, settingsStore, gathering } = ground;
  const { engine, inventory, embedded, requests } = rooms;
  const settings = settingsStore.current;
  const spending = store.add(
    createSpendingWatch({ clock, ledger: rooms.ledger, requests, comparison: rooms.comparison }),
  );
  const state = store.add(
    createEditorState({ clock, settings, languageId: activeLanguageId, engine, inventory, requests, spending }),
  );
  store.add(
    createStatusBar({
      clock,
      facts: state.status,
      hover: state.hover,
      changes: [state.onDidChange, settingsStore.onDidChange, onDidChangeActiveLanguage],
    }),
  );
  store.add(
    registerInlineCompletions({
      engine,
      settings,
      clock,
      log,
      waiting: state.waiting,
      isExcluded: gathering.isExcluded,
    }),
  );
  const textView = store.add(createTextView());
  const handlers = commandHandlers({
    clock,
    log,
    settings,
    inventory,
    engine,
    state,
    keys,
    textView,
    languageId: activeLanguageId,
    restartEmbedded: () => embedded.restart(),
    versions: editorVersions(String(context.extension.packageJSON.version)),
  });
  const chat = composeChat({ ...ground, settings, textView }, rooms);
  const edits = composeEdits(ground, rooms, chat);
  const budget = () => budgetOf(spending.current(), settings().metering.budgetUsdPerMonth);
  const meter = meterCommands(composeMeter(ground, rooms, budget));
  store.add(registerCommands({ ...handlers, ...chatCommands(chat), ...edits, ...meter }, log));
  store.add(keepEnginesCurrent({ clock, settingsStore, keys, embedded, inventory, onDidFocusWindow }));
}

/** Where people look at what requests took and cost. */
function composeMeter(
  { context, store, log }: Ground,
  { ledger, requests, recording, comparison }: Rooms,
  budget: () => BudgetFacts | undefined,
) {
  const { extensionUri } = context;
  const inspector = store.add(registerInspectorView({ clock, log, requests, recording, extensionUri }));
  const dashboard = store.add(createDashboard({ clock, log, ledger, extensionUri, comparison, budget }));
  return { ledger, inspector, dashboard };
}

/** The three faces of chat: models in the editor's picker, `@minnow` in its chat, and Minnow's own view. */
function composeChat(
  { context, store, log, settings, textView }: Ground & { settings: () => MinnowSettings; textView: TextView },
  { inventory, door, costOf, tokenRatio, requests }: Rooms,
) {
  const foundation = () => inventory.report('foundation');
  const models = store.add(registerLanguageModels({ clock, door, inventory, tokenRatio }));
  store.add(registerChatParticipant({ clock, door, tokenRatio, newId: randomUUID, candidate: models.candidate }));
  return store.add(
    registerChatView({
      clock,
      door,
      tokenRatio,
      newId: randomUUID,
      log,
      store: new TranscriptStore(createTranscriptFiles(context.storageUri ?? context.globalStorageUri)),
      report: inventory.report,
      canAskLarger: () => settings().fallback === 'ask',
      askConsent: createConsentDialog({ clock, tokenRatio, costOf, foundation, textView }),
      recordOf: id => (id === undefined ? requests.all().at(-1) : requests.find(id))?.record,
      proposed: store.add(createProposedText()),
      textView,
      extensionUri: context.extensionUri,
      onDidChangeStatus: inventory.onDidChange,
    }),
  );
}

/** Edits in place, light bulbs and commit messages. */
function composeEdits({ store }: Ground, { door, tokenRatio }: Rooms, chat: ChatView) {
  store.add(registerCodeActions());
  const proposedEdits = store.add(createProposedEdits());
  const commitMessages = createCommitMessageWriter({ clock, door, tokenRatio });
  return editCommands({ clock, door, tokenRatio, proposedEdits, chat, commitMessages });
}
