import type { ChatMessage, ChatPrompt, FimPrompt, GenerateRequest, RawPrompt, ToolDefinition } from './backend.ts';
import { type DialectRow, samplingFields } from './dialects.ts';
import { BackendFailure } from './failure.ts';
import { prefixWithExtra } from './fimPrefix.ts';

/** The path and body with which an OpenAI-compatible server is asked. Throws BackendFailure for what it cannot do. */
export function openAiRequest(
  request: GenerateRequest,
  row: DialectRow,
): { path: string; body: Record<string, unknown> } {
  const { prompt } = request;
  const isStreamed = request.delivery === 'streamed' || row.alwaysStreams;
  const shared = {
    model: request.model,
    max_tokens: request.maxTokens,
    ...samplingFields(request.sampling, row),
    ...(request.stop.length > 0 && { stop: request.stop.slice(0, row.maxStops) }),
    stream: isStreamed,
    ...(isStreamed && row.streamOptions && { stream_options: row.streamOptions }),
    ...row.always,
  };
  switch (prompt.kind) {
    case 'raw':
      return { path: '/completions', body: { ...shared, ...rawFields(prompt, request) } };
    case 'fim':
      return { path: fimPath(row), body: { ...shared, ...fimFields(prompt) } };
    case 'chat':
      return { path: '/chat/completions', body: { ...shared, ...chatFields(prompt, request, row) } };
  }
}

function rawFields({ text, typedStart }: RawPrompt, { withLogprobs }: GenerateRequest): object {
  return {
    prompt: text,
    ...(withLogprobs && { logprobs: 1 }),
    ...(typedStart && { minnow: { healPrefix: typedStart } }),
  };
}

function fimPath(row: DialectRow): string {
  if (row.fimPath === undefined) throw new BackendFailure({ kind: 'unsupported', capability: 'fim' });
  return row.fimPath;
}

function fimFields(prompt: FimPrompt): object {
  return { prompt: prefixWithExtra(prompt), suffix: prompt.suffix };
}

export function chatFields(prompt: ChatPrompt, { withLogprobs }: GenerateRequest, row: DialectRow): object {
  const tools = prompt.tools?.map(toolField) ?? [];
  return {
    messages: prompt.messages.map(messageField),
    ...(tools.length > 0 && { tools, tool_choice: 'auto' }),
    ...row.thinking(prompt.thinking),
    ...(withLogprobs && { logprobs: true }),
  };
}

function toolField({ name, description, parametersJsonSchema }: ToolDefinition): object {
  return { type: 'function', function: { name, description, parameters: parametersJsonSchema } };
}

function messageField(message: ChatMessage): object {
  switch (message.role) {
    case 'tool':
      return { role: 'tool', tool_call_id: message.toolCallId, content: message.content };
    case 'assistant': {
      const calls = message.toolCalls?.map(({ id, name, argumentsJson }) => ({
        id,
        type: 'function',
        function: { name, arguments: argumentsJson },
      }));
      return { role: 'assistant', content: message.content, ...(calls && { tool_calls: calls }) };
    }
    default: {
      if (!message.images?.length) return { role: message.role, content: message.content };
      const images = message.images.map(({ mimeType, base64 }) => ({
        type: 'image_url',
        image_url: { url: `data:${mimeType};base64,${base64}` },
      }));
      return { role: message.role, content: [{ type: 'text', text: message.content }, ...images] };
    }
  }
}
