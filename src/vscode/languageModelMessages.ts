import type { ChatMessage, ImageData, ToolCall } from '../backends/backend.ts';
import { neutralise } from '../base/neutralise.ts';

/** The editor's message, by shape: its classes exist only inside the editor. */
export interface EditorMessage {
  /** 1 user, 2 assistant; 3 system, which the editor sends though its types do not say so. */
  readonly role: number;
  readonly content: readonly unknown[];
}

const ASSISTANT = 2;
const SYSTEM = 3;

/** What another extension asks of a model, in the terms of a backend. Parts of a kind that no server takes are left out. */
export function chatMessages(messages: readonly EditorMessage[]): readonly ChatMessage[] {
  return messages.flatMap(({ role, content }) => {
    const results = content.filter(isToolResult).map(
      (part): ChatMessage => ({
        role: 'tool',
        toolCallId: part.callId,
        toolName: '',
        content: neutralise(part.content.map(textOf).join(''), []),
      }),
    );
    const text = neutralise(content.map(textOf).join(''), []);
    if (role === ASSISTANT) return [...results, assistant(text, content.filter(isToolCall))];
    const images = content.filter(isImage).map(imageOf);
    if (text === '' && images.length === 0) return results;
    if (role === SYSTEM) return [...results, { role: 'system', content: text }];
    return [...results, { role: 'user', content: text, ...(images.length > 0 && { images }) }];
  });
}

function assistant(text: string, calls: readonly ToolCallPart[]): ChatMessage {
  const toolCalls = calls.map(
    ({ callId, name, input }): ToolCall => ({ id: callId, name, argumentsJson: JSON.stringify(input) }),
  );
  return { role: 'assistant', content: text, ...(toolCalls.length > 0 && { toolCalls }) };
}

interface ToolCallPart {
  readonly callId: string;
  readonly name: string;
  readonly input: object;
}

interface ToolResultPart {
  readonly callId: string;
  readonly content: readonly unknown[];
}

interface DataPart {
  readonly mimeType: string;
  readonly data: Uint8Array;
}

function has<K extends string>(part: unknown, ...keys: readonly K[]): part is Record<K, unknown> {
  return typeof part === 'object' && part !== null && keys.every(key => key in part);
}

function textOf(part: unknown): string {
  return has(part, 'value') && typeof part.value === 'string' ? part.value : '';
}

function isToolCall(part: unknown): part is ToolCallPart {
  return has(part, 'callId', 'name', 'input');
}

function isToolResult(part: unknown): part is ToolResultPart {
  return has(part, 'callId', 'content') && Array.isArray(part.content);
}

function isImage(part: unknown): part is DataPart {
  return has(part, 'mimeType', 'data') && typeof part.mimeType === 'string' && part.mimeType.startsWith('image/');
}

function imageOf({ mimeType, data }: DataPart): ImageData {
  return { mimeType, base64: Buffer.from(data).toString('base64') };
}
