import * as v from 'valibot';
import { failure, type Result, success } from '../base/result.ts';
import type { EmbeddedChatMessage, EmbeddedSampling } from './nativeModel.ts';

/** More would be a mistake: the answer alone would fill any context that fits into a laptop. */
const MAX_TOKENS_LIMIT = 32_768;
const STOPS_MAX = 64;
const LOOKUP_TEXTS_MAX = 16;
/** Each such character has a token of its own in every vocabulary, so that what was typed can always be spelled. */
const HEALABLE = /^[\x20-\x7e]{0,64}$/;

export interface CompletionBody extends AnswerOptions {
  readonly prompt: string;
}

export interface ChatBody extends AnswerOptions {
  readonly messages: readonly EmbeddedChatMessage[];
}

export interface AnswerOptions {
  /** Undefined: as many as a usual answer has and as fit. */
  readonly maxTokens: number | undefined;
  readonly stop: readonly string[];
  readonly sampling: EmbeddedSampling;
  readonly withLogprobs: boolean;
  readonly drafting: 'whenWorthIt' | 'never';
  readonly lookup: readonly string[];
  readonly healedStart: string;
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

const number = (low: number, high: number) =>
  v.optional(v.nullable(v.pipe(v.number(), v.minValue(low), v.maxValue(high))));
const tokenLimit = v.optional(v.nullable(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(MAX_TOKENS_LIMIT))));
const stops = v.union([v.string(), v.pipe(v.array(v.string()), v.maxLength(STOPS_MAX))]);

const answerFields = {
  model: v.optional(v.nullable(v.string())),
  max_tokens: tokenLimit,
  max_completion_tokens: tokenLimit,
  temperature: number(0, 10),
  top_p: number(0, 1),
  top_k: number(-1, Number.MAX_SAFE_INTEGER),
  min_p: number(0, 1),
  repeat_penalty: number(0, 10),
  repetition_penalty: number(0, 10),
  seed: v.optional(v.nullable(v.pipe(v.number(), v.integer()))),
  stop: v.optional(v.nullable(stops)),
  stream: v.optional(v.nullable(v.boolean())),
  stream_options: v.optional(v.nullable(v.object({ include_usage: v.optional(v.nullable(v.boolean())) }))),
  logprobs: v.optional(v.nullable(v.union([v.boolean(), v.number()]))),
  // Ours alone; documented in docs/embedded.md.
  minnow: v.optional(
    v.nullable(
      v.object({
        drafting: v.optional(v.picklist(['whenWorthIt', 'never'])),
        healPrefix: v.optional(v.pipe(v.string(), v.regex(HEALABLE, 'healPrefix: only printable ASCII can be healed'))),
        lookup: v.optional(v.pipe(v.array(v.string()), v.maxLength(LOOKUP_TEXTS_MAX))),
      }),
    ),
  ),
  // What is named here is refused rather than ignored: an answer to another question is worse than none.
  n: v.optional(v.nullable(v.literal(1, 'n: only one answer at a time'))),
  suffix: v.optional(v.nullable(v.literal('', 'suffix: not supported, send a finished fill-in-the-middle prompt'))),
  tools: v.optional(v.nullable(v.pipe(v.array(v.unknown()), v.maxLength(0, 'tools: not supported by this engine')))),
  echo: v.optional(v.nullable(v.literal(false, 'echo: not supported'))),
} as const;

const completionSchema = v.object({ ...answerFields, prompt: v.string() });

const contentPart = v.object({ type: v.literal('text', 'content: only text is supported'), text: v.string() });
const chatSchema = v.object({
  ...answerFields,
  messages: v.pipe(
    v.array(v.object({ role: v.string(), content: v.union([v.string(), v.array(contentPart)]) })),
    v.minLength(1),
  ),
});

/** Both llama.cpp's name for the text and vLLM's. */
const tokenizeSchema = v.union([v.object({ content: v.string() }), v.object({ prompt: v.string() })]);

export function parseCompletion(body: unknown): Result<CompletionBody, string> {
  const parsed = v.safeParse(completionSchema, body);
  if (!parsed.success) return failure(describe(parsed.issues));
  return success({ ...answerOptions(parsed.output), prompt: parsed.output.prompt });
}

export function parseChat(body: unknown): Result<ChatBody, string> {
  const parsed = v.safeParse(chatSchema, body);
  if (!parsed.success) return failure(describe(parsed.issues));
  const messages = parsed.output.messages.map(({ role, content }) => ({
    role,
    content: typeof content === 'string' ? content : content.map(part => part.text).join(''),
  }));
  return success({ ...answerOptions(parsed.output), messages });
}

export function parseTokenize(body: unknown): Result<string, string> {
  const parsed = v.safeParse(tokenizeSchema, body);
  if (!parsed.success) return failure('content: a text is needed');
  return success('content' in parsed.output ? parsed.output.content : parsed.output.prompt);
}

type AnswerFields = v.InferOutput<v.ObjectSchema<typeof answerFields, undefined>>;

/** Greedy without penalties unless told otherwise: what completion wants, and what other servers' own defaults are not. */
function answerOptions(fields: AnswerFields): AnswerOptions {
  const { stop, logprobs } = fields;
  return {
    maxTokens: fields.max_completion_tokens ?? fields.max_tokens ?? undefined,
    stop: typeof stop === 'string' ? [stop] : (stop ?? []),
    sampling: {
      temperature: fields.temperature ?? 0,
      topP: fields.top_p ?? 1,
      topK: fields.top_k ?? 0,
      minP: fields.min_p ?? 0,
      repeatPenalty: fields.repeat_penalty ?? fields.repetition_penalty ?? 1,
      seed: fields.seed ?? undefined,
    },
    // OpenAI's completions take a number here, of which 0 still means the chosen token's own.
    withLogprobs: typeof logprobs === 'number' || logprobs === true,
    drafting: fields.minnow?.drafting ?? 'never',
    lookup: fields.minnow?.lookup ?? [],
    healedStart: fields.minnow?.healPrefix ?? '',
    stream: fields.stream ?? false,
    includeUsage: fields.stream_options?.include_usage ?? false,
  };
}

function describe(issues: readonly v.BaseIssue<unknown>[]): string {
  const [issue] = issues;
  if (!issue) return 'the request is not understood';
  const path = v.getDotPath(issue);
  return path === null || issue.message.startsWith(path) ? issue.message : `${path}: ${issue.message}`;
}
