import { labelOf } from './attachments.ts';
import type { Answer, Conversation } from './conversation.ts';

/** A conversation as a document of its own, for keeping or showing to somebody. */
export function transcriptMarkdown(conversation: Conversation): string {
  const parts = [`# ${conversation.title || 'Chat'}`];
  for (const { question, answers } of conversation.turns) {
    const command = question.command ? `/${question.command} ` : '';
    parts.push(`## You\n\n${command}${question.text}`.trimEnd());
    const attached = question.attachments.map(attachment => `- ${labelOf(attachment)}`);
    if (attached.length > 0) parts.push(`Attached:\n\n${attached.join('\n')}`);
    for (const answer of answers) parts.push(`## ${authorLine(answer)}\n\n${answer.text}${endNote(answer)}`.trimEnd());
  }
  return `${parts.join('\n\n')}\n`;
}

function authorLine({ author }: Answer): string {
  return author ? `${author.model} (${author.endpoint}, ${author.locality})` : 'No answer';
}

function endNote({ state }: Answer): string {
  if (state.kind === 'stopped') return '\n\n_Stopped._';
  if (state.kind === 'failed') return '\n\n_The answer broke off._';
  return state.kind === 'finished' && state.reason === 'length' ? '\n\n_Cut at the longest answer allowed._' : '';
}
