import { basename } from 'node:path';
import { Template } from '@huggingface/jinja';
import {
  type AddonContext,
  type AddonSampler,
  getLlama,
  InsufficientMemoryError,
  type Llama,
  type LlamaContext,
  type LlamaModel,
  NoBinaryFoundError,
} from 'node-llama-cpp';
import { failure, type Result, success } from '../base/result.ts';
import { renderConversation } from './chatTemplate.ts';
import type {
  EmbeddedChatMessage,
  EmbeddedSampling,
  EvaluationRow,
  NativeModel,
  NativeModelFacts,
  NativeSampler,
  SampledToken,
} from './nativeModel.ts';

/** Larger batches were not faster on any processor that was measured, and each token of a batch costs compute memory. */
const BATCH_TOKENS = 256;
/** Completion and chat (embeddedEngine.ts). */
const SEQUENCES = 2;
/** What a second branch for completion may take in memory. */
const BRANCH_BYTES_MAX = 128 * 1024 * 1024;
const BYTES_PER_CACHED_VALUE = 2;
/** How far back repeated tokens are penalised, when a request asks for it. */
const PENALISED_TOKENS = 64;
const LOGGED_LINES_MAX = 20;
/** Above any logit, and small enough to leave their differences in 32 bits. */
const ALLOWED_BIAS = 1_000;

export interface LoadFailure {
  readonly reason: 'nativeMissing' | 'modelFile' | 'outOfMemory';
  readonly detail: string;
}

/** Loads a GGUF file. A damaged one can abort the whole process instead of failing: only ever call this in the child. */
export async function loadLlamaModel(
  modelPath: string,
  contextTokens: number,
): Promise<Result<NativeModel, LoadFailure>> {
  const logged: string[] = [];
  let llama: Llama;
  try {
    llama = await getLlama({
      // Apple's package has no processor-only binary; with no layer on the GPU the result is the same.
      gpu: process.platform === 'darwin' && process.arch === 'arm64' ? 'auto' : false,
      build: 'never',
      skipDownload: true,
      logLevel: 'error',
      logger: (_level, message) => {
        if (logged.length < LOGGED_LINES_MAX) logged.push(message.trim());
      },
    });
  } catch (reason) {
    const detail = reason instanceof NoBinaryFoundError ? 'no native part for this machine' : messageOf(reason);
    return failure({ reason: 'nativeMissing', detail });
  }
  try {
    // Sliding-window models keep their whole cache, or a common prefix could not be used again.
    const model = await llama.loadModel({ modelPath, gpuLayers: 0, defaultContextSwaFullCache: true });
    // llama.cpp takes more than the model was trained for and answers with rubbish. Some files do not say.
    const contextSize = Math.min(contextTokens, model.trainContextSize || contextTokens);
    const sequences = branchBytes(model, contextSize) <= BRANCH_BYTES_MAX ? SEQUENCES + 1 : SEQUENCES;
    const context = await model.createContext({ sequences, contextSize, batchSize: BATCH_TOKENS, threads: 1 });
    const handles = { llama, model, context: context._ctx };
    return success(new LoadedModel(handles, factsOf(model, modelPath, context)));
  } catch (reason) {
    const detail = [messageOf(reason), ...logged].join('; ');
    return failure({ reason: reason instanceof InsufficientMemoryError ? 'outOfMemory' : 'modelFile', detail });
  }
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}

/** The cache of one sequence: keys and values of every layer. Infinite where the file does not say. */
function branchBytes({ fileInfo }: LlamaModel, contextTokens: number): number {
  const { block_count: blocks, embedding_length: width, attention } = fileInfo.architectureMetadata;
  const { head_count: heads, head_count_kv: keyHeads } = attention ?? {};
  if (typeof heads !== 'number' || typeof keyHeads !== 'number' || !blocks || !width) return Number.POSITIVE_INFINITY;
  return 2 * blocks * (width / heads) * keyHeads * BYTES_PER_CACHED_VALUE * contextTokens;
}

function factsOf(model: LlamaModel, modelPath: string, context: LlamaContext): NativeModelFacts {
  const { general, tokenizer } = model.fileInfo.metadata;
  const text = (key: string) => {
    const value = general?.[key];
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const { prefixString, suffixString, middleString } = model.tokens.infill;
  return {
    name: basename(modelPath).replace(/\.gguf$/i, ''),
    architecture: text('architecture'),
    aliases: [text('name'), text('basename'), text('finetune')].filter(alias => alias !== undefined),
    contextTokens: context.contextSize,
    trainedContextTokens: model.trainContextSize,
    sizeBytes: model.size,
    // "qwen2 1.5B Q8_0": architecture, size, kind of weights.
    quantization: model.typeDescription.split(' ').slice(2).join(' ') || undefined,
    parameterSize: text('size_label'),
    fimMarkers:
      prefixString === null || suffixString === null
        ? undefined
        : { prefix: prefixString, suffix: suffixString, middle: middleString ?? undefined },
    chatTemplate: tokenizer?.chat_template,
    vocabularyTokens: [...model.iterateAllTokens()].length,
    maxBatchTokens: BATCH_TOKENS,
    canTruncate: !model.fileInsights.isRecurrent && !model.fileInsights.isHybrid,
    sequences: context.totalSequences,
  };
}

interface Handles {
  readonly llama: Llama;
  readonly model: LlamaModel;
  readonly context: AddonContext;
}

/**
 * Drives llama.cpp's batches itself instead of through node-llama-cpp's sequences: those shift a full context without a word,
 * cannot fork, and take 1.8 ms for a token for which the binding alone takes 1.2 (minnow-tiny, one thread).
 */
class LoadedModel implements NativeModel {
  readonly facts: NativeModelFacts;
  readonly #handles: Handles;
  readonly #letter: readonly number[];

  constructor(handles: Handles, facts: NativeModelFacts) {
    this.#handles = handles;
    this.#letter = handles.model.tokenize('a', false);
    this.facts = facts;
  }

  tokenize(text: string, reading: 'markers' | 'asText'): readonly number[] {
    return this.#handles.model.tokenize(text, reading === 'markers');
  }

  tokenizePrompt(text: string): readonly number[] {
    return this.#withFirstToken(this.tokenize(text, 'markers'));
  }

  #withFirstToken(tokens: readonly number[]): readonly number[] {
    const { bos, shouldPrependBosToken } = this.#handles.model.tokens;
    return shouldPrependBosToken && bos !== null && tokens[0] !== bos ? [bos, ...tokens] : tokens;
  }

  detokenize(tokens: readonly number[], before: readonly number[]): string {
    return this.#handles.model.detokenize(tokens, false, before);
  }

  isEndOfGeneration(token: number): boolean {
    return this.#handles.model.isEogToken(token);
  }

  renderChat(messages: readonly EmbeddedChatMessage[]): readonly number[] {
    const { tokens } = this.#handles.model;
    const pieces = renderConversation(this.facts.chatTemplate, messages, {
      render: renderTemplate,
      bosText: tokens.bosString ?? '',
      eosText: tokens.eosString ?? '',
    });
    return this.#withFirstToken(pieces.flatMap(piece => this.tokenize(piece.text, piece.reading)));
  }

  tokenText(token: number): string {
    const { model } = this.#handles;
    // Behind a letter, because tokenizers that mark word starts drop the space of a text's first token.
    return model.isSpecialToken(token) ? '' : model.detokenize([token], false, this.#letter);
  }

  createSampler(sampling: EmbeddedSampling): LlamaSampler {
    const { llama, model } = this.#handles;
    return new LlamaSampler(new llama._bindings.AddonSampler(model._model), sampling);
  }

  async evaluate(rows: readonly EvaluationRow[], threads: number): Promise<readonly (readonly SampledToken[])[]> {
    const { context } = this.#handles;
    context.setThreads(threads);
    context.initBatch(rows.reduce((sum, row) => sum + row.tokens.length, 0));
    const logits = rows.map(row =>
      context.addToBatch(row.sequence, row.position, Uint32Array.from(row.tokens), Uint32Array.from(row.sampleAfter)),
    );
    await context.decodeBatch();
    const results: SampledToken[][] = [];
    for (const [index, row] of rows.entries()) results.push(await this.#sampleRow(row, logits[index]));
    return results;
  }

  async #sampleRow(row: EvaluationRow, logits: Iterable<number> = []): Promise<SampledToken[]> {
    const sampled: SampledToken[] = [];
    for (const logitsIndex of logits) {
      const next = await this.#sample(logitsIndex, row);
      const followsAt = (row.sampleAfter[sampled.length] ?? 0) + 1;
      sampled.push(next);
      if (followsAt < row.tokens.length && row.tokens[followsAt] !== next.token) break;
    }
    return sampled;
  }

  async #sample(logitsIndex: number, row: EvaluationRow): Promise<SampledToken> {
    const sampler = row.sampler as LlamaSampler;
    const { context } = this.#handles;
    sampler.restrictTo(row.allowed);
    const token = row.withLogprobs
      ? await sampleWithLogprob(context, logitsIndex, sampler)
      : { token: await context.sampleToken(logitsIndex, sampler.native), logprob: undefined };
    if (token.token < 0) throw new Error('no token could be chosen');
    sampler.remember(token.token);
    return token;
  }

  truncate(sequence: number, fromPosition: number): boolean {
    return this.#handles.context.removeTokenCellsFromSequence(sequence, fromPosition, -1);
  }

  async fork(source: number, target: number): Promise<void> {
    await this.#handles.context.copySequenceStateFromOtherSequence(target, source);
  }

  async dispose(): Promise<void> {
    await this.#handles.llama.dispose();
  }
}

/** For a greedy choice the chosen logit is the highest, so the weight of all others relative to it is enough, without a sort. */
async function sampleWithLogprob(
  context: AddonContext,
  logitsIndex: number,
  sampler: LlamaSampler,
): Promise<SampledToken> {
  const [token, , confidence, , weight] = await context.sampleToken(
    logitsIndex,
    sampler.native,
    false,
    !sampler.isGreedy,
    false,
    sampler.isGreedy,
  );
  const probability = sampler.isGreedy ? (weight === undefined ? undefined : 1 / weight) : confidence;
  return { token, logprob: probability === undefined ? undefined : Math.log(probability) };
}

class LlamaSampler implements NativeSampler {
  readonly native: AddonSampler;
  readonly isGreedy: boolean;
  readonly #sampling: EmbeddedSampling;
  #recent: number[] = [];
  #allowed: readonly number[] | undefined;

  constructor(native: AddonSampler, sampling: EmbeddedSampling) {
    this.native = native;
    this.isGreedy = sampling.temperature <= 0;
    this.#sampling = sampling;
    this.#configure();
  }

  /** By lifting what is allowed far above everything else, which leaves its own order as it is. */
  restrictTo(allowed: readonly number[] | undefined): void {
    if (allowed === this.#allowed) return;
    this.#allowed = allowed;
    this.#configure();
  }

  /** The binding compares the list with its own and only takes in what is new. */
  remember(token: number): void {
    if (this.#sampling.repeatPenalty === 1) return;
    this.#recent = [...this.#recent, token].slice(-PENALISED_TOKENS);
    this.#configure();
  }

  dispose(): void {
    this.native.dispose();
  }

  #configure(): void {
    const { temperature, topP, topK, minP, repeatPenalty, seed } = this.#sampling;
    const penalty =
      repeatPenalty === 1
        ? {}
        : {
            repeatPenalty,
            repeatPenaltyMaxTokens: PENALISED_TOKENS,
            repeatPenaltyTokens: Uint32Array.from(this.#recent),
          };
    const bias = this.#allowed && {
      tokenBiasKeys: Uint32Array.from(this.#allowed),
      tokenBiasValues: new Float32Array(this.#allowed.length).fill(ALLOWED_BIAS),
    };
    this.native.applyConfig({
      temperature,
      topP,
      topK,
      minP,
      ...(seed === undefined ? {} : { seed }),
      ...penalty,
      ...bias,
    });
  }
}

function renderTemplate(template: string, variables: Readonly<Record<string, unknown>>): string {
  return new Template(template).render(variables);
}
