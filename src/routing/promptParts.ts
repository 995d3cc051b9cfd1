import type { ChatMessage, GenerateRequest } from '../backends/backend.ts';
import type { PromptPart } from '../metering/promptRecording.ts';

/** What can be said of any request's prompt by itself; whoever made it may know more. */
export function promptPartsOf({ prompt }: GenerateRequest): readonly PromptPart[] {
  switch (prompt.kind) {
    case 'raw':
      return [{ kind: 'prefix', label: 'prompt', text: prompt.text, why: 'Sent as it is.' }];
    case 'fim':
      return [
        ...prompt.extra.map(({ path, text }) => ({
          kind: 'context' as const,
          label: path,
          text,
          why: 'Other text that may help.',
        })),
        { kind: 'prefix', label: 'before the cursor', text: prompt.prefix, why: 'The server places it.' },
        { kind: 'suffix', label: 'after the cursor', text: prompt.suffix, why: 'The server places it.' },
      ];
    case 'chat':
      return prompt.messages.map(messagePart);
  }
}

const ROLE_REASONS: Record<ChatMessage['role'], string> = {
  system: 'What the model is told about its task.',
  user: 'What you asked, with what you attached.',
  assistant: 'What the model answered before.',
  tool: 'What a tool gave back.',
};

function messagePart({ role, content }: ChatMessage): PromptPart {
  return { kind: 'message', label: role, text: content, why: ROLE_REASONS[role] };
}
