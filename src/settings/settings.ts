/** What the user chose, read once and frozen: a request sees one of these from trigger to outcome (invariant 9). */
export interface MinnowSettings {
  readonly endpoints: readonly EndpointSetting[];
  readonly ladder: {
    readonly edge: ModelReference | undefined;
    readonly workhorse: ModelReference | undefined;
    readonly foundation: ModelReference | undefined;
  };
  /** off: the client for the foundation rung is not even built. ask: each send is shown first. */
  readonly fallback: 'off' | 'ask';
  readonly completion: CompletionSettings;
  readonly embedded: EmbeddedSettings;
  readonly keepAliveMinutes: number;
  readonly metering: MeteringSettings;
}

export interface MeteringSettings {
  /** Prices that the user knows better than the list. */
  readonly prices: readonly PriceSetting[];
  /** "provider/model" in the price list, to show what local use saved; empty: no comparison. */
  readonly comparedWith: string;
  /** What the machine draws beyond idling while a model works; 0: no estimate. */
  readonly energyWatts: number;
  readonly energyUsdPerKwh: number;
  /** What remote models may cost in a month, to be seen beside what they did; 0: no budget. */
  readonly budgetUsdPerMonth: number;
}

/** US dollars for a million tokens. */
export interface PriceSetting {
  readonly endpoint: string;
  /** "*": every model of the endpoint. */
  readonly model: string;
  readonly input: number;
  readonly cachedInput?: number;
  readonly output: number;
  /** YYYY-MM-DD. */
  readonly asOf?: string;
}

export interface CompletionSettings {
  readonly enabled: boolean;
  readonly disabledLanguages: readonly string[];
  readonly multiline: 'auto' | 'never' | 'always';
  readonly maxTokens: number;
  /** What a prompt may take at most, in tokens; the effective context of the server bounds it further. */
  readonly maxPromptTokens: number;
  readonly firstByteLimitMs: number;
  readonly speculation: boolean;
  readonly nextEdit: boolean;
}

export interface EmbeddedSettings {
  readonly enabled: boolean;
  /** Path of a GGUF file; empty: the tiny model that comes with the extension. */
  readonly modelPath: string;
  readonly contextTokens: number;
  /** 0: chosen from the cores that the machine has. */
  readonly threads: number;
}

export interface EndpointSetting {
  readonly name: string;
  readonly url: string;
  /** auto: found by probing. */
  readonly dialect: 'auto' | 'ollama' | 'openai' | 'llama.cpp';
  /** What the provider is called in the price table, where its address does not tell. */
  readonly pricedAs?: string;
}

/** Written "endpointName/model" in the settings; the model's name may hold slashes itself. */
export interface ModelReference {
  readonly endpoint: string;
  readonly model: string;
}

export interface SettingsProblem {
  readonly key: string;
  /** One sentence: what is wrong and which values are allowed. */
  readonly message: string;
}

export const OLLAMA_ENDPOINT = 'ollama';
export const EMBEDDED_ENDPOINT = 'embedded';
