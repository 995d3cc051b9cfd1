import type { ChatMessage } from '../backends/backend.ts';
import { neutralise } from '../base/neutralise.ts';
import { fenced } from './attachments.ts';
import { replacementCode } from './codeAnswer.ts';

export const COMMIT_SYSTEM_PROMPT =
  'You write commit messages. Answer with the message alone: one line of at most 72 characters that says what changes and ' +
  'why it matters, in the style of the examples.';

/** Enough to see a repository's habits; more would teach their content instead of their form. */
const EXAMPLES_MAX = 8;
const SUBJECT_CHARS_MAX = 72;

/** @param diffChars how much of the diff the window holds; the rest is named, not silently cut */
export function commitMessages(
  diff: string,
  recentSubjects: readonly string[],
  diffChars: number,
): { readonly messages: readonly ChatMessage[]; readonly wasCut: boolean } {
  const { text, wasCut } = cutDiff(diff, diffChars);
  const examples = recentSubjects.slice(0, EXAMPLES_MAX).map(subject => `- ${subject}`);
  const parts = [
    ...(examples.length > 0 ? [`Earlier messages in this repository:\n${examples.join('\n')}`] : []),
    `Staged changes${wasCut ? ' (the first part of each file)' : ''}:\n${fenced(text, 'diff')}`,
  ];
  const content = neutralise(parts.join('\n\n'), []);
  return {
    messages: [
      { role: 'system', content: COMMIT_SYSTEM_PROMPT },
      { role: 'user', content },
    ],
    wasCut,
  };
}

/** Every file keeps its share, so that one long file does not hide that others changed. */
function cutDiff(diff: string, chars: number): { text: string; wasCut: boolean } {
  if (diff.length <= chars) return { text: diff, wasCut: false };
  const files = diff.split(/(?=^diff --git )/m).filter(Boolean);
  const share = Math.max(1, Math.floor(chars / files.length));
  const kept = files.map(file => {
    if (file.length <= share) return file;
    const end = file.lastIndexOf('\n', share);
    return file.slice(0, end > 0 ? end + 1 : share);
  });
  return { text: kept.join('').slice(0, chars), wasCut: true };
}

/** What of the answer is the message: without fences, quotes, labels and explanations. Undefined: nothing usable. */
export function cleanCommitMessage(answer: string): string | undefined {
  const unfenced = /^ {0,3}(```|~~~)/m.test(answer) ? (replacementCode(answer) ?? '') : answer;
  const lines = unfenced.split('\n').map(line => line.trim());
  const start = lines.findIndex(line => line !== '' && !/^(here|sure|commit message)\b.*:$/i.test(line));
  if (start < 0) return undefined;
  const subject = (lines[start] ?? '')
    .replace(/^(commit message|subject|message)\s*:\s*/i, '')
    .replace(/^[-*]\s+/, '')
    .replace(/^(["'`])(.*)\1$/, '$2')
    .trim();
  if (subject === '') return undefined;
  return subject.length <= SUBJECT_CHARS_MAX ? subject : cutAtWord(subject, SUBJECT_CHARS_MAX);
}

function cutAtWord(text: string, chars: number): string {
  const end = text.lastIndexOf(' ', chars);
  return text.slice(0, end > chars / 2 ? end : chars);
}
