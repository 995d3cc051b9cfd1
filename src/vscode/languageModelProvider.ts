import * as vscode from 'vscode';
import type { ModelFacts, StreamPart, Usage } from '../backends/backend.ts';
import type { Clock } from '../base/clock.ts';
import { type Disposable, DisposableStore } from '../base/disposable.ts';
import type { Event } from '../base/emitter.ts';
import { formatBytes } from '../base/format.ts';
import type { TokenRatio } from '../base/tokenRatio.ts';
import { CHAT_LIMITS, CHAT_SAMPLING, chatBudget } from '../chat/chatTurn.ts';
import { Stopwatch } from '../metering/stopwatch.ts';
import type { Inventory } from '../models/inventory.ts';
import type { Consumed, Door, DoorResult } from '../routing/dispatcher.ts';
import type { Candidate } from '../routing/endpoint.ts';
import { describeProblem } from './engineStates.ts';
import { chatMessages } from './languageModelMessages.ts';

export const VENDOR = 'minnow';
/** The list is asked for often and the servers answer slowly; a change of state asks afresh. */
const LIST_KEPT_MS = 30_000;

export interface LanguageModelNeeds {
  readonly clock: Clock;
  readonly door: Door;
  readonly inventory: Pick<Inventory, 'chatModels' | 'onDidChange'>;
  readonly tokenRatio: TokenRatio;
}

interface OfferedModel extends vscode.LanguageModelChatInformation {
  readonly candidate: Candidate;
}

export interface LanguageModels extends Disposable {
  /** The model with this id, where it is one of ours and was listed. */
  candidate(id: string): Candidate | undefined;
  readonly onDidChange: Event<void>;
}

/** Offers every chat model of the user's endpoints in the editor's own chat: signed out and offline as well. */
export function registerLanguageModels(needs: LanguageModelNeeds): LanguageModels {
  const store = new DisposableStore();
  const changed = store.add(new vscode.EventEmitter<void>());
  let listed: readonly OfferedModel[] = [];
  let listedAtMs = Number.NEGATIVE_INFINITY;
  store.add(
    needs.inventory.onDidChange(() => {
      listedAtMs = Number.NEGATIVE_INFINITY;
      changed.fire();
      resolve();
    }),
  );
  // The editor resolves models when somebody asks for them, and only then: without this, the user's first message finds
  // none, and so it does when an engine came up after the first asking.
  const resolve = () => void vscode.lm.selectChatModels({ vendor: VENDOR });
  const provider: vscode.LanguageModelChatProvider<OfferedModel> = {
    onDidChangeLanguageModelChatInformation: changed.event,
    async provideLanguageModelChatInformation(_options, token) {
      if (needs.clock.monotonicMs() - listedAtMs > LIST_KEPT_MS) {
        listed = (await needs.inventory.chatModels(signalOf(token))).map(candidate =>
          offer(candidate, needs.tokenRatio),
        );
        listedAtMs = needs.clock.monotonicMs();
      }
      return [...listed];
    },
    async provideLanguageModelChatResponse(model, messages, options, progress, token) {
      const result = await answer(needs, { model, messages, options, progress, signal: signalOf(token) });
      if (result.kind === 'failed') throw new Error(describeProblem(result.problem).sentence);
      if (result.kind === 'refused') throw vscode.LanguageModelError.NoPermissions(result.why);
    },
    async provideTokenCount(model, text) {
      const chars = typeof text === 'string' ? text.length : JSON.stringify(text.content).length;
      return needs.tokenRatio.tokens(model.candidate.model.name, chars);
    },
  };
  store.add(vscode.lm.registerLanguageModelChatProvider(VENDOR, provider));
  resolve();
  return {
    candidate: id => listed.find(model => model.id === id)?.candidate,
    onDidChange: changed.event,
    dispose: () => store.dispose(),
  };
}

const PLACES = { loopback: 'this machine', lan: 'your network', remote: 'remote' } as const;

function offer(candidate: Candidate, tokenRatio: TokenRatio): OfferedModel {
  const { endpoint, model } = candidate;
  const { windowTokens, answerTokens } = chatBudget(model, tokenRatio);
  const place = model.isRemote ? 'remote' : PLACES[endpoint.locality];
  const size = model.sizeBytes === undefined ? undefined : formatBytes(model.sizeBytes);
  return {
    id: `${endpoint.name}/${model.name}`,
    name: model.name,
    family: model.architecture ?? model.name,
    version: '1',
    detail: [size, model.quantization, endpoint.name, place].filter(Boolean).join(' · '),
    tooltip: windowNote(model),
    maxInputTokens: windowTokens - answerTokens,
    maxOutputTokens: answerTokens,
    capabilities: { imageInput: model.capabilities.images === true, toolCalling: model.capabilities.tools === true },
    candidate,
  };
}

function windowNote({ contextTokens, trainedContextTokens }: ModelFacts): string {
  if (contextTokens === undefined) return 'The server tells its window once the model is loaded.';
  const trained =
    trainedContextTokens === undefined ? '' : `, trained with ${trainedContextTokens.toLocaleString('en')}`;
  return `Window: ${contextTokens.toLocaleString('en')} tokens${trained}`;
}

interface Asked {
  readonly model: OfferedModel;
  readonly messages: readonly vscode.LanguageModelChatRequestMessage[];
  readonly options: vscode.ProvideLanguageModelChatResponseOptions;
  readonly progress: vscode.Progress<vscode.LanguageModelResponsePart>;
  readonly signal: AbortSignal;
}

function answer(needs: LanguageModelNeeds, asked: Asked): Promise<DoorResult<undefined>> {
  const { candidate, maxOutputTokens } = asked.model;
  const tools = (asked.options.tools ?? []).map(({ name, description, inputSchema }) => ({
    name,
    description,
    parametersJsonSchema: inputSchema ?? { type: 'object', properties: {} },
  }));
  return needs.door.run<undefined>(
    {
      purpose: 'languageModel',
      rung: 'workhorse',
      chosen: candidate,
      languageId: undefined,
      stopwatch: new Stopwatch(needs.clock),
      // What another extension put into its messages is not known here, so it stays on this machine.
      privacy: { paths: [], contentUnknown: true, consent: undefined },
      build: ({ model }) => ({
        ok: true,
        request: {
          model: model.name,
          prompt: {
            kind: 'chat',
            messages: chatMessages(asked.messages),
            thinking: 'off',
            ...(tools.length > 0 && { tools }),
          },
          maxTokens: maxOutputTokens,
          stop: [],
          sampling: CHAT_SAMPLING,
          delivery: 'streamed',
          limits: CHAT_LIMITS,
        },
      }),
    },
    asked.signal,
    stream => report(stream, asked.progress),
  );
}

async function report(
  stream: AsyncIterable<StreamPart>,
  progress: vscode.Progress<vscode.LanguageModelResponsePart>,
): Promise<Consumed<undefined>> {
  for await (const part of stream) {
    if (part.type === 'text') progress.report(new vscode.LanguageModelTextPart(part.text));
    else if (part.type === 'thinking') reportThinking(part.text, progress);
    else if (part.type === 'toolCall') progress.report(toolCallPart(part.call));
    else if (part.type === 'finish') reportUsage(part.usage, progress);
    else return { value: undefined, outcome: { kind: 'failed', error: part.error } };
  }
  return { value: undefined, outcome: { kind: 'answered' } };
}

function toolCallPart(call: { readonly id: string; readonly name: string; readonly argumentsJson: string }) {
  return new vscode.LanguageModelToolCallPart(call.id, call.name, parseArguments(call.argumentsJson));
}

/** A small model's arguments may be no JSON; the tool then gets none and says so itself. */
function parseArguments(json: string): object {
  try {
    const parsed: unknown = JSON.parse(json);
    return typeof parsed === 'object' && parsed !== null ? parsed : {};
  } catch {
    return {};
  }
}

/** The class is not in the published types, but editors that have it take its parts from every extension. */
function reportThinking(text: string, progress: vscode.Progress<vscode.LanguageModelResponsePart>): void {
  const { LanguageModelThinkingPart } = vscode as unknown as {
    LanguageModelThinkingPart?: new (text: string) => vscode.LanguageModelTextPart;
  };
  if (LanguageModelThinkingPart) progress.report(new LanguageModelThinkingPart(text));
}

/** By convention, a part of this type feeds the editor's own token meter. */
function reportUsage(usage: Usage, progress: vscode.Progress<vscode.LanguageModelResponsePart>): void {
  const { inputTokens, outputTokens } = usage;
  if (inputTokens === undefined || outputTokens === undefined) return;
  const counts = {
    prompt_tokens: inputTokens,
    completion_tokens: outputTokens,
    total_tokens: inputTokens + outputTokens,
    ...(usage.cachedInputTokens !== undefined && {
      prompt_tokens_details: { cached_tokens: usage.cachedInputTokens },
    }),
  };
  progress.report(vscode.LanguageModelDataPart.json(counts, 'usage'));
}

export function signalOf(token: vscode.CancellationToken): AbortSignal {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  else token.onCancellationRequested(() => controller.abort());
  return controller.signal;
}
