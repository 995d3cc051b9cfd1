import { Emitter, type Event } from '../base/emitter.ts';

/** One piece of a prompt as it was sent, in order: all pieces together are the prompt. */
export interface PromptPart {
  readonly kind: 'marker' | 'context' | 'prefix' | 'suffix' | 'middle' | 'message';
  readonly label: string;
  readonly text: string;
  /** Why it is in the prompt, in one sentence. */
  readonly why: string;
}

/** As many prompts as one looks back on; the oldest go first. */
export const MAX_RECORDED_PROMPTS = 50;

/** A prompt that takes more than a server's window is not kept whole. */
export const MAX_RECORDED_CHARS = 200_000;

/**
 * The prompts themselves, for whoever wants to see what a model was told: only while the user has it on, only in memory
 * (invariant 8). Turning it off forgets everything.
 */
export class PromptRecording {
  readonly #prompts = new Map<string, readonly PromptPart[]>();
  readonly #changed = new Emitter<void>();
  #isOn = false;

  readonly onDidChange: Event<void> = this.#changed.event;

  get isOn(): boolean {
    return this.#isOn;
  }

  start(): void {
    this.#isOn = true;
    this.#changed.fire();
  }

  stop(): void {
    this.#isOn = false;
    this.#prompts.clear();
    this.#changed.fire();
  }

  /** @param parts made only while recording is on: cutting a prompt up costs a little */
  note(requestId: string, parts: () => readonly PromptPart[]): void {
    if (!this.#isOn) return;
    this.#prompts.set(requestId, withinBounds(parts()));
    const [oldest] = this.#prompts.keys();
    if (this.#prompts.size > MAX_RECORDED_PROMPTS && oldest !== undefined) this.#prompts.delete(oldest);
  }

  find(requestId: string): readonly PromptPart[] | undefined {
    return this.#prompts.get(requestId);
  }
}

function withinBounds(parts: readonly PromptPart[]): readonly PromptPart[] {
  let room = MAX_RECORDED_CHARS;
  return parts.map(part => {
    const text = part.text.slice(0, room);
    room -= text.length;
    return { ...part, text };
  });
}
