import type { ChatMessage } from '../backends/backend.ts';
import { neutralise } from '../base/neutralise.ts';
import { fenced } from './attachments.ts';
import { indentLike, replacementCode } from './codeAnswer.ts';

/** The same for every edit, for the prompt cache. One rule, one form: that is what a small model keeps. */
export const EDIT_SYSTEM_PROMPT =
  'You change code. Answer with the whole new version of the selected code in one fenced block and nothing else. ' +
  'Keep everything that the instruction does not ask to change, the indentation and the style included.';

/** How much of the file around the selection goes along, for names and types. */
const LINES_AROUND = 30;

export interface EditRequest {
  readonly instruction: string;
  readonly path: string;
  readonly languageId: string;
  readonly before: string;
  readonly selected: string;
  readonly after: string;
}

export function editMessages(edit: EditRequest): readonly ChatMessage[] {
  const before = edit.before.split('\n').slice(-LINES_AROUND).join('\n');
  const after = edit.after.split('\n').slice(0, LINES_AROUND).join('\n');
  const around = [
    before.trim() && `Before the selection:\n${fenced(before, edit.languageId)}`,
    after.trim() && `After the selection:\n${fenced(after, edit.languageId)}`,
  ].filter(Boolean);
  const parts = [
    `File: ${edit.path}`,
    ...around,
    `Selected code:\n${fenced(edit.selected, edit.languageId)}`,
    `Instruction: ${edit.instruction.trim()}`,
  ];
  return [
    { role: 'system', content: EDIT_SYSTEM_PROMPT },
    { role: 'user', content: neutralise(parts.join('\n\n'), []) },
  ];
}

/** The text that takes the selection's place, from however much of the answer has come. Undefined: none yet. */
export function editedText(answer: string, edit: EditRequest): string | undefined {
  const code = replacementCode(answer);
  if (code === undefined) return undefined;
  const fitted = indentLike(code, edit.selected);
  // What is selected usually ends without a line break; the answer's own must not add one.
  const tail = edit.selected.endsWith('\n') ? '\n' : '';
  return fitted.replace(/\n+$/, '') + tail;
}
