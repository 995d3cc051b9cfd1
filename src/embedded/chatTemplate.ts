import type { EmbeddedChatMessage } from './nativeModel.ts';

/** Renders a template with variables; a template may raise an exception, which arrives as a throw. */
export type RenderTemplate = (template: string, variables: Readonly<Record<string, unknown>>) => string;

/** The rendered conversation: the template's own words, in which markers count, and what was said, in which they do not. */
export interface RenderedPiece {
  readonly text: string;
  readonly reading: 'markers' | 'asText';
}

/** What most small models were trained on, for files without a template. */
const CHATML =
  '{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}<|im_start|>assistant\n';

/**
 * Each content stands in the rendered text as a placeholder from Unicode's private use area and is put in afterwards, as plain
 * text: whatever a message holds, it cannot end its own turn.
 */
const PLACEHOLDER = /\uE000(\d+)\uE001/;

export function renderConversation(
  template: string | undefined,
  messages: readonly EmbeddedChatMessage[],
  options: { readonly render: RenderTemplate; readonly bosText: string; readonly eosText: string },
): readonly RenderedPiece[] {
  const render = (spoken: readonly EmbeddedChatMessage[]) => {
    const withPlaceholders = spoken.map(({ role }, index) => ({ role, content: `\uE000${index}\uE001` }));
    const rendered = options.render(template ?? CHATML, {
      messages: withPlaceholders,
      add_generation_prompt: true,
      enable_thinking: false,
      bos_token: options.bosText,
      eos_token: options.eosText,
    });
    return piecesOf(rendered, spoken);
  };
  try {
    return render(messages);
  } catch (reason) {
    const merged = mergeSystem(messages);
    // Some templates refuse a system message or two of a role in a row; the words are then the user's.
    if (merged.length === messages.length) throw reason;
    return render(merged);
  }
}

function piecesOf(rendered: string, messages: readonly EmbeddedChatMessage[]): readonly RenderedPiece[] {
  return rendered
    .split(PLACEHOLDER)
    .map(
      (text, index): RenderedPiece =>
        index % 2 === 0
          ? { text, reading: 'markers' }
          : { text: messages[Number(text)]?.content ?? '', reading: 'asText' },
    )
    .filter(piece => piece.text !== '');
}

/** The system's words go in front of what follows. */
function mergeSystem(messages: readonly EmbeddedChatMessage[]): readonly EmbeddedChatMessage[] {
  const merged: EmbeddedChatMessage[] = [];
  for (const message of messages) {
    const role = message.role === 'system' ? 'user' : message.role;
    const last = merged.at(-1);
    if (last?.role === role) merged[merged.length - 1] = { role, content: `${last.content}\n\n${message.content}` };
    else merged.push({ role, content: message.content });
  }
  return merged;
}
