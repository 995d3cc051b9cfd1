import type { EvaluationRow, NativeModel, NativeModelFacts, SampledToken } from '../../src/embedded/nativeModel.ts';

const END = 0x110000;
const FIRST_MARKER = END + 1;

export interface ScriptedModelOptions {
  readonly contextTokens?: number;
  /** Whether a part of a sequence can be dropped; recurrent models cannot. */
  readonly canTruncate?: boolean;
  /** Runs while a batch is evaluated: to let time pass, to abort, to fail. */
  readonly during?: (rows: readonly EvaluationRow[], threads: number) => Promise<void> | void;
}

/**
 * A model whose tokens are characters and which knows what follows each of its prompts. It throws where llama.cpp would answer
 * with rubbish: a row that does not continue its sequence, or two batches at a time.
 */
export class ScriptedNativeModel implements NativeModel {
  readonly facts: NativeModelFacts;
  readonly batches: { rows: readonly EvaluationRow[]; threads: number }[] = [];
  readonly sequences: number[][] = [[], [], []];
  openSamplers = 0;
  readonly #markers: string[] = [];
  readonly #answers: ReadonlyMap<string, string>;
  readonly #options: ScriptedModelOptions;
  #evaluating = false;

  constructor(answers: Readonly<Record<string, string>>, options: ScriptedModelOptions = {}) {
    this.#answers = new Map(Object.entries(answers));
    this.#options = options;
    this.facts = {
      name: 'scripted',
      architecture: 'qwen2',
      aliases: ['Scripted Coder'],
      contextTokens: options.contextTokens ?? 200,
      trainedContextTokens: 4096,
      sizeBytes: 1,
      quantization: 'Q8_0',
      parameterSize: '1M',
      fimMarkers: { prefix: '<|p|>', suffix: '<|s|>', middle: '<|m|>' },
      chatTemplate: undefined,
      vocabularyTokens: 128,
      maxBatchTokens: 64,
      canTruncate: options.canTruncate ?? true,
      sequences: 3,
    };
  }

  tokenize(text: string, reading: 'markers' | 'asText'): readonly number[] {
    if (reading === 'asText') return [...text].map(character => character.codePointAt(0) ?? 0);
    return text
      .split(/(<\|[a-z]+\|>)/)
      .flatMap((part, index) => (index % 2 === 1 ? [this.#markerToken(part)] : this.tokenize(part, 'asText')));
  }

  tokenizePrompt(text: string): readonly number[] {
    return this.tokenize(text, 'markers');
  }

  detokenize(tokens: readonly number[]): string {
    return tokens.map(token => (token >= END ? '' : String.fromCodePoint(token))).join('');
  }

  tokenText(token: number): string {
    return this.detokenize([token]);
  }

  isEndOfGeneration(token: number): boolean {
    return token === END;
  }

  renderChat(messages: readonly { role: string; content: string }[]): readonly number[] {
    return messages.flatMap(({ role, content }) => [
      ...this.tokenize(`<|${role}|>`, 'markers'),
      ...this.tokenize(content, 'asText'),
    ]);
  }

  createSampler() {
    this.openSamplers++;
    return { dispose: () => void this.openSamplers-- };
  }

  async evaluate(rows: readonly EvaluationRow[], threads: number): Promise<readonly (readonly SampledToken[])[]> {
    if (this.#evaluating) throw new Error('two batches at a time');
    this.#evaluating = true;
    this.batches.push({ rows, threads });
    try {
      await this.#options.during?.(rows, threads);
      return rows.map(row => this.#evaluateRow(row));
    } finally {
      this.#evaluating = false;
    }
  }

  truncate(sequence: number, fromPosition: number): boolean {
    const held = this.sequences[sequence] ?? [];
    if (this.#options.canTruncate === false && fromPosition !== 0 && fromPosition < held.length) return false;
    held.length = Math.min(held.length, fromPosition);
    return true;
  }

  async fork(source: number, target: number): Promise<void> {
    this.sequences[target] = [...(this.sequences[source] ?? [])];
  }

  async dispose(): Promise<void> {}

  /** What has been read in all, prompts and answers. */
  get evaluatedTokens(): number {
    return this.batches.reduce((sum, { rows }) => sum + rows.reduce((tokens, row) => tokens + row.tokens.length, 0), 0);
  }

  #evaluateRow(row: EvaluationRow): readonly SampledToken[] {
    const held = this.sequences[row.sequence] ?? [];
    if (held.length !== row.position)
      throw new Error(`sequence ${row.sequence} holds ${held.length}, not ${row.position}`);
    const sampled: SampledToken[] = [];
    let refuted = false;
    for (const [index, token] of row.tokens.entries()) {
      held.push(token);
      if (refuted || !row.sampleAfter.includes(index)) continue;
      const next = this.#next(held, row.allowed);
      sampled.push({ token: next, logprob: row.withLogprobs ? -0.5 : undefined });
      refuted = index + 1 < row.tokens.length && row.tokens[index + 1] !== next;
    }
    return sampled;
  }

  /** With several answers to a prompt, the first that is allowed. */
  #next(held: readonly number[], allowed: readonly number[] | undefined): number {
    const text = this.#spell(held);
    for (const [prompt, answer] of this.#answers) {
      const full = prompt + answer;
      if (text.length >= prompt.length && full.startsWith(text)) {
        const next = this.tokenize(full, 'markers')[held.length] ?? END;
        if (!allowed || allowed.includes(next)) return next;
      }
    }
    return allowed?.[0] ?? END;
  }

  #spell(tokens: readonly number[]): string {
    return tokens
      .map(token => (token >= FIRST_MARKER ? (this.#markers[token - FIRST_MARKER] ?? '') : String.fromCodePoint(token)))
      .join('');
  }

  #markerToken(marker: string): number {
    const known = this.#markers.indexOf(marker);
    return FIRST_MARKER + (known >= 0 ? known : this.#markers.push(marker) - 1);
  }
}
