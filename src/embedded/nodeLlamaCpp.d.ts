/**
 * The part of node-llama-cpp 3.22.1 and @huggingface/jinja 0.5.11 that llamaModel.ts uses. Written down here because their
 * packages are only installed where the engine is built (src/embedded/package.json), and the house must type-check anywhere.
 */
declare module 'node-llama-cpp' {
  type LogLevel = 'error' | 'disabled';

  export class NoBinaryFoundError extends Error {}
  export class InsufficientMemoryError extends Error {}

  export function getLlama(options: {
    gpu: 'auto' | false;
    build: 'never';
    skipDownload: true;
    logLevel: LogLevel;
    logger: (level: LogLevel, message: string) => void;
  }): Promise<Llama>;

  export interface Llama {
    readonly _bindings: { readonly AddonSampler: new (model: AddonModel) => AddonSampler };
    loadModel(options: { modelPath: string; gpuLayers: 0; defaultContextSwaFullCache: boolean }): Promise<LlamaModel>;
    dispose(): Promise<void>;
  }

  export interface LlamaModel {
    readonly _model: AddonModel;
    readonly trainContextSize: number;
    readonly size: number;
    readonly typeDescription: string;
    readonly fileInfo: {
      readonly metadata: {
        readonly general?: Readonly<Record<string, unknown>>;
        readonly tokenizer?: { readonly chat_template?: string };
      };
      /** The part of the metadata that is named after the architecture. */
      readonly architectureMetadata: {
        readonly block_count?: number;
        readonly embedding_length?: number;
        readonly attention?: { readonly head_count?: number | number[]; readonly head_count_kv?: number | number[] };
      };
    };
    readonly fileInsights: { readonly isRecurrent: boolean; readonly isHybrid: boolean };
    readonly tokens: {
      readonly bos: number | null;
      readonly bosString: string | null;
      readonly eosString: string | null;
      readonly shouldPrependBosToken: boolean;
      readonly infill: {
        readonly prefixString: string | null;
        readonly middleString: string | null;
        readonly suffixString: string | null;
      };
    };
    tokenize(text: string, specialTokens: boolean): number[];
    detokenize(tokens: readonly number[], specialTokens: boolean, lastTokens: readonly number[]): string;
    isEogToken(token: number): boolean;
    isSpecialToken(token: number): boolean;
    iterateAllTokens(): Iterable<number>;
    createContext(options: {
      sequences: number;
      contextSize: number;
      batchSize: number;
      threads: number;
    }): Promise<LlamaContext>;
  }

  export interface LlamaContext {
    readonly _ctx: AddonContext;
    readonly contextSize: number;
    readonly totalSequences: number;
  }

  /** Opaque: only handed back to the binding. */
  export interface AddonModel {
    readonly addonModel: never;
  }

  export interface AddonSampler {
    applyConfig(config: Readonly<Record<string, number | Uint32Array | Float32Array | undefined>>): void;
    dispose(): void;
  }

  /** The binding itself (llama/addon/AddonContext.cpp of the package). One batch at a time. */
  export interface AddonContext {
    initBatch(tokens: number): void;
    /** Returns the indices of the logits that were asked for, for sampleToken. */
    addToBatch(sequence: number, position: number, tokens: Uint32Array, logitsAfter: Uint32Array): Uint32Array;
    decodeBatch(): Promise<void>;
    sampleToken(logitsIndex: number, sampler: AddonSampler): Promise<number>;
    /** The last flag returns the sum of exp(logit - highest logit) as the fifth item; a confidence sorts the vocabulary. */
    sampleToken(
      logitsIndex: number,
      sampler: AddonSampler,
      probabilities: false,
      confidence: boolean,
      logits: false,
      totalWeight: boolean,
    ): Promise<
      [token: number, probabilities: undefined, confidence?: number, logits?: undefined, totalWeight?: number]
    >;
    removeTokenCellsFromSequence(sequence: number, from: number, to: number): boolean;
    copySequenceStateFromOtherSequence(target: number, source: number): Promise<number>;
    setThreads(threads: number): void;
    dispose(): Promise<void>;
  }
}

declare module '@huggingface/jinja' {
  export class Template {
    constructor(source: string);
    render(variables: Readonly<Record<string, unknown>>): string;
  }
}
