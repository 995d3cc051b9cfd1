import type { ModelFacts } from '../../src/backends/backend.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { type CompletionEngine, createCompletionEngine } from '../../src/completion/completionEngine.ts';
import type { ContextSource } from '../../src/completion/context/contextSource.ts';
import type { CompletionOutcome } from '../../src/completion/outcome.ts';
import type { CursorSnapshot } from '../../src/completion/snapshot.ts';
import type { CandidateSource, EngineProblem } from '../../src/routing/endpoint.ts';
import { parseSettings } from '../../src/settings/parseSettings.ts';
import type { CompletionSettings } from '../../src/settings/settings.ts';
import { at } from './cursor.ts';
import { doorHarness } from './doorHarness.ts';
import { FakeClock } from './fakeClock.ts';
import { candidateOf, modelFacts } from './scriptedBackend.ts';
import { type Speech, TalkingBackend } from './talkingBackend.ts';

export interface SessionOptions {
  readonly dialect?: 'openai' | 'ollama' | 'llama.cpp';
  readonly model?: Partial<ModelFacts>;
  readonly settings?: Partial<CompletionSettings>;
  readonly contextSource?: ContextSource;
  readonly problem?: EngineProblem;
}

/** One editor, one engine, one talking model, one clock: keys go in, what stood on the screen comes out. */
export class CompletionSession {
  readonly clock = new FakeClock();
  readonly backend: TalkingBackend;
  readonly engine: CompletionEngine;
  readonly outcomes: CompletionOutcome[] = [];
  /** What was shown, and when: a list of [milliseconds, text]. */
  readonly screen: [number, string][] = [];
  readonly #settings;
  readonly #harness;
  #wait = new AbortController();
  #text = '';
  #facts: Partial<CursorSnapshot> = {};

  constructor(answer: (prompt: string) => Speech | string, options: SessionOptions = {}) {
    this.backend = new TalkingBackend(this.clock, answer, options.dialect ?? 'openai');
    const model = modelFacts('coder', { aliases: ['Qwen2.5-Coder-1.5B'], contextTokens: 4096, ...options.model });
    const candidate = candidateOf(this.backend, { model });
    const { problem } = options;
    this.#harness = doorHarness(this.clock, problem ? [] : [candidate]);
    const source: CandidateSource = {
      candidates: () => ({ candidates: problem ? [] : [candidate], problem }),
      reportFailure() {},
      reportAnswered() {},
    };
    let ids = 0;
    this.engine = createCompletionEngine({
      clock: this.clock,
      door: this.#harness.door,
      candidates: source,
      meter: { append() {}, appendAcceptance: record => this.#harness.acceptances.push(record) },
      newId: () => `s${++ids}`,
      log: silentLogger,
      contextSource: options.contextSource,
    });
    const { settings } = parseSettings(() => undefined);
    this.#settings = { ...settings, completion: { ...settings.completion, ...options.settings } };
  }

  get records() {
    return this.#harness.records;
  }

  get acceptances() {
    return this.#harness.acceptances;
  }

  get lastOutcome(): CompletionOutcome | undefined {
    return this.outcomes.at(-1);
  }

  /** The document becomes this, the cursor is where `‸` stands, and the editor asks. */
  async edit(text: string, facts: Partial<CursorSnapshot> = {}): Promise<void> {
    this.#text = text;
    this.#facts = facts;
    this.#wait.abort();
    this.#wait = new AbortController();
    const { signal } = this.#wait;
    void this.engine.complete(at(text, facts), this.#settings, signal).then(outcome => {
      this.outcomes.push(outcome);
      if (outcome.kind === 'shown' && !signal.aborted)
        this.screen.push([this.clock.monotonicMs(), outcome.suggestion.text]);
    });
    await this.clock.advance(0);
  }

  /** Types one character after the other, `gapMs` apart. */
  async type(characters: string, gapMs = 150): Promise<void> {
    for (const character of characters) {
      await this.edit(this.#text.replace('‸', `${character}‸`), this.#facts);
      await this.clock.advance(gapMs);
    }
  }

  /** Takes what was shown last, as Tab does. */
  async accept(): Promise<void> {
    const shown = this.outcomes.findLast(outcome => outcome.kind === 'shown');
    if (shown?.kind !== 'shown') throw new Error('nothing was shown');
    const { id, text, replacedSuffixChars } = shown.suggestion;
    this.engine.accepted(id);
    const [before = '', after = ''] = this.#text.split('‸');
    await this.edit(`${before}${text}‸${after.slice(replacedSuffixChars)}`, this.#facts);
  }

  /** Asks for more at the cursor, as cycling does. */
  alternatives() {
    return this.engine.alternatives(at(this.#text, this.#facts), this.#settings, this.#wait.signal);
  }

  /** The file is opened with its cursor at `‸`. */
  prepare(text: string): void {
    this.engine.prepare(at(text), this.#settings);
  }

  get shown(): string | undefined {
    return this.screen.at(-1)?.[1];
  }
}
