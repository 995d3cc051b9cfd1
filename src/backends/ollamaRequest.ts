import { parseJson } from '../base/untrustedJson.ts';
import type { ChatMessage, GenerateRequest, Sampling, ToolDefinition } from './backend.ts';
import { prefixWithExtra } from './fimPrefix.ts';

/** Options of the runner: a request with others than the last one makes Ollama load the model anew. */
export interface OllamaRunnerOptions {
  readonly num_ctx?: number;
  readonly num_thread?: number;
  readonly num_batch?: number;
  readonly num_gpu?: number;
}

/** What is the same in every request for one model, whatever it is for (invariant 14). */
export interface OllamaFixed {
  readonly keepAliveMinutes: number;
  readonly runnerOptions: OllamaRunnerOptions;
  /** Whether the model takes levels of thinking, not only on and off. */
  readonly hasThinkingLevels: boolean;
}

/** The body of `/api/generate` or `/api/chat`; which one, `kind` tells. */
export function ollamaRequest(
  request: GenerateRequest,
  fixed: OllamaFixed,
): { kind: 'generate' | 'chat'; body: object } {
  const { prompt, withLogprobs } = request;
  const shared = {
    ...loadFields(request.model, fixed),
    stream: request.delivery === 'streamed',
    options: { ...optionsOf(request), ...fixed.runnerOptions },
    ...(withLogprobs && { logprobs: true }),
  };
  switch (prompt.kind) {
    case 'raw':
      return { kind: 'generate', body: { ...shared, prompt: prompt.text, raw: true, think: false } };
    case 'fim':
      // An empty suffix would make it an ordinary prompt, so the end of a file counts as a line end.
      return {
        kind: 'generate',
        body: { ...shared, prompt: prefixWithExtra(prompt), suffix: prompt.suffix || '\n', think: false },
      };
    case 'chat': {
      const tools = prompt.tools?.map(toolField) ?? [];
      const level = fixed.hasThinkingLevels ? prompt.thinking : true;
      const think = prompt.thinking === 'off' ? false : level;
      const messages = prompt.messages.map(messageField);
      return { kind: 'chat', body: { ...shared, messages, think, ...(tools.length > 0 && { tools }) } };
    }
  }
}

/** `shift` counts as a runner option: loading without it and generating with it would load twice. */
export function loadFields(model: string, { keepAliveMinutes, runnerOptions }: OllamaFixed) {
  return {
    model,
    keep_alive: keepAliveMinutes < 0 ? -1 : `${keepAliveMinutes}m`,
    // Without these a prompt that does not fit is cut silently; with them it is refused. Versions before 0.12.6 ignore them.
    truncate: false,
    shift: false,
    options: runnerOptions,
  };
}

function optionsOf({ maxTokens, sampling, stop }: GenerateRequest): object {
  return { num_predict: maxTokens, ...samplingOptions(sampling), stop };
}

function samplingOptions({ temperature, topP, topK, minP, repeatPenalty, seed }: Sampling): object {
  return {
    temperature,
    top_p: topP,
    top_k: topK,
    min_p: minP,
    repeat_penalty: repeatPenalty,
    ...(seed !== undefined && { seed }),
  };
}

function toolField({ name, description, parametersJsonSchema }: ToolDefinition): object {
  return { type: 'function', function: { name, description, parameters: parametersJsonSchema } };
}

function messageField(message: ChatMessage): object {
  switch (message.role) {
    case 'tool':
      return {
        role: 'tool',
        content: message.content,
        tool_name: message.toolName,
        tool_call_id: message.toolCallId,
      };
    case 'assistant': {
      // Unlike OpenAI's, arguments are objects here.
      const calls = message.toolCalls?.map(({ id, name, argumentsJson }) => ({
        id,
        function: { name, arguments: parseJson(argumentsJson) ?? {} },
      }));
      return { role: 'assistant', content: message.content, ...(calls && { tool_calls: calls }) };
    }
    default: {
      const images = message.images?.map(({ base64 }) => base64) ?? [];
      return { role: message.role, content: message.content, ...(images.length > 0 && { images }) };
    }
  }
}
