import type { GeneratedToken, GenerationFigures, GenerationPart, GenerationRequest } from './generation.ts';
import type { NativeModel, SampledToken } from './nativeModel.ts';
import { StopText } from './stopText.ts';
import { TokenTextDecoder } from './textDecoder.ts';

/** The answer as it grows: text out of tokens, and the moment at which it ends. */
export class Answer {
  readonly #request: GenerationRequest;
  readonly #model: NativeModel;
  readonly #decoder: TokenTextDecoder;
  readonly #stops: StopText;
  readonly #stopTokens: ReadonlySet<number>;
  #unsent: GeneratedToken[] = [];
  #generated = 0;
  /** Characters of what was typed already, which the answer begins with. */
  #typedLeft: number;
  #reason: 'stop' | 'length' | undefined;

  constructor(request: GenerationRequest, model: NativeModel) {
    this.#request = request;
    this.#model = model;
    this.#decoder = new TokenTextDecoder(model, request.promptTokens);
    this.#typedLeft = request.healedStart.length;
    this.#stops = new StopText(request.stop);
    this.#stopTokens = new Set(request.stop.flatMap(stop => controlTokenOf(stop, model)));
    if (request.maxTokens === 0) this.#reason = 'length';
  }

  get ended(): boolean {
    return this.#reason !== undefined;
  }

  /** How many more tokens it may have. */
  get room(): number {
    return this.#request.maxTokens - this.#generated;
  }

  push({ token, logprob }: SampledToken): GenerationPart | undefined {
    if (this.#reason !== undefined) return undefined;
    // The token that ends the answer took as long as any other and counts, as it does with other servers.
    this.#generated++;
    if (this.#model.isEndOfGeneration(token) || this.#stopTokens.has(token)) return this.#end('stop');
    const piece = this.#withoutTyped(this.#decoder.push(token));
    this.#unsent.push({ text: piece, logprob });
    const { text, stopped } = this.#stops.push(piece);
    if (stopped) this.#reason = 'stop';
    else if (this.#generated >= this.#request.maxTokens) return this.#end('length', text);
    return this.#part(text);
  }

  finish(measured: Omit<GenerationFigures, 'promptTokens' | 'generatedTokens'>): GenerationPart {
    const promptTokens = this.#request.promptTokens.length;
    const figures = { ...measured, promptTokens, generatedTokens: this.#generated };
    return { type: 'finish', reason: this.#reason ?? 'stop', figures };
  }

  #withoutTyped(piece: string): string {
    const typed = Math.min(this.#typedLeft, piece.length);
    this.#typedLeft -= typed;
    return piece.slice(typed);
  }

  #end(reason: 'stop' | 'length', text = ''): GenerationPart | undefined {
    this.#reason = reason;
    return this.#part(text + this.#stops.flush());
  }

  #part(text: string): GenerationPart | undefined {
    if (text === '') return undefined;
    const tokens = this.#unsent;
    this.#unsent = [];
    return { type: 'text', text, tokens };
  }
}

/** A stop string that is one of the model's control tokens never shows as text: it must be recognised as a token. */
function controlTokenOf(stop: string, model: NativeModel): readonly number[] {
  const tokens = model.tokenize(stop, 'markers');
  return tokens.length === 1 && model.detokenize(tokens, []) === '' ? tokens : [];
}
