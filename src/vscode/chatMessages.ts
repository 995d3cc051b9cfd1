import * as v from 'valibot';
import { ATTACHABLE, type ChatFromView, CODE_ACTIONS } from '../webview/chatProtocol.ts';

const TEXT_CHARS_MAX = 200_000;
const text = v.pipe(v.string(), v.maxLength(TEXT_CHARS_MAX));
const id = v.pipe(v.string(), v.maxLength(100));

const SCHEMA = v.variant('type', [
  v.object({ type: v.literal('ready'), version: v.number() }),
  v.object({ type: v.literal('ask'), text }),
  v.object({ type: v.picklist(['stop', 'pickModel']) }),
  v.object({ type: v.picklist(['newChat', 'summarize', 'undoSummary', 'exportMarkdown']) }),
  v.object({ type: v.picklist(['regenerate', 'askLarger']), turnId: id }),
  v.object({ type: v.literal('editAndResend'), turnId: id, text }),
  v.object({ type: v.picklist(['keepAnswer', 'retry']), answerId: id }),
  v.object({ type: v.literal('code'), action: v.picklist(CODE_ACTIONS), answerId: id, text, languageId: id }),
  v.object({ type: v.literal('attach'), kind: v.picklist(ATTACHABLE) }),
  v.object({ type: v.literal('detach'), chipId: id }),
  v.object({ type: v.literal('draft'), text }),
  v.object({ type: v.literal('thinkingLevel'), level: id }),
  v.object({ type: v.literal('history'), words: text }),
  v.object({ type: v.picklist(['open', 'remove']), conversationId: id }),
  v.object({ type: v.literal('rename'), conversationId: id, title: text }),
  v.object({ type: v.literal('showRequest'), requestId: id }),
  v.object({ type: v.literal('openLink'), href: text }),
  v.object({ type: v.literal('runAction'), command: id }),
]);

/** The page renders what a model wrote, so what it sends is looked at like anything from outside. */
export function parseChatMessage(message: unknown): ChatFromView | undefined {
  const parsed = v.safeParse(SCHEMA, message);
  return parsed.success ? parsed.output : undefined;
}
