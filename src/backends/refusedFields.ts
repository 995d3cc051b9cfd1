/** What an answer can do without. `max_tokens` goes on under the name that newer models want. */
const OPTIONAL = new Set([
  'max_tokens',
  'temperature',
  'top_p',
  'top_k',
  'min_p',
  'repetition_penalty',
  'repeat_penalty',
  'seed',
  'random_seed',
  'stop',
  'stream_options',
  'chat_template_kwargs',
  'reasoning_effort',
  'logprobs',
  'tool_choice',
]);

/** Vendors list hundreds of models; nobody talks to more than a few. */
const MODELS_REMEMBERED = 64;

/**
 * The fields that a server refused, for each of its models: one vendor wants no temperature for its reasoning models,
 * another no stop strings. Learned from the answer, so that no completion is lost twice to the same field.
 */
export class RefusedFields {
  readonly #byModel = new Map<string, Set<string>>();

  /** Whether it makes sense to ask again, without the field. */
  learn(model: string, field: string): boolean {
    const refused = this.#byModel.get(model) ?? new Set<string>();
    if (!OPTIONAL.has(field) || refused.has(field)) return false;
    const [oldest] = this.#byModel.keys();
    if (this.#byModel.size >= MODELS_REMEMBERED && !this.#byModel.has(model) && oldest) this.#byModel.delete(oldest);
    this.#byModel.set(model, refused.add(field));
    return true;
  }

  without(model: string, body: Record<string, unknown>): Record<string, unknown> {
    const refused = this.#byModel.get(model);
    if (!refused) return body;
    const kept = Object.fromEntries(Object.entries(body).filter(([name]) => !refused.has(name)));
    return refused.has('max_tokens') ? { ...kept, max_completion_tokens: body.max_tokens } : kept;
  }
}
