export type SlashCommandName = 'explain' | 'fix' | 'tests' | 'doc' | 'refactor' | 'commit';

export interface SlashCommand {
  readonly name: SlashCommandName;
  /** What the menu says. */
  readonly description: string;
  /**
   * What the model is told. Short on purpose: a model of one to three billion parameters follows one plain sentence
   * better than a page of rules. Token counts stand in docs/chat.md.
   */
  readonly instruction: string;
  /** What goes along when the user attached nothing. */
  readonly attaches: 'selectionOrFile' | 'selectionAndProblems' | 'stagedDiff';
}

/** Shared by the chat participant and Minnow's own view. */
export const SLASH_COMMANDS: readonly SlashCommand[] = [
  {
    name: 'explain',
    description: 'Explain the selected code',
    instruction: 'Explain what this code does, step by step, in a few sentences. Name what is surprising.',
    attaches: 'selectionOrFile',
  },
  {
    name: 'fix',
    description: 'Fix the problems in the selected code',
    instruction: 'Fix the reported problems. Say in one sentence what was wrong, then give the corrected code.',
    attaches: 'selectionAndProblems',
  },
  {
    name: 'tests',
    description: 'Write tests for the selected code',
    instruction: 'Write unit tests for this code: the usual case, the edges, and one that must fail.',
    attaches: 'selectionOrFile',
  },
  {
    name: 'doc',
    description: 'Document the selected code',
    instruction: 'Write the documentation comment for this code in the style of its language. Give the code with it.',
    attaches: 'selectionOrFile',
  },
  {
    name: 'refactor',
    description: 'Make the selected code simpler',
    instruction: 'Make this code simpler without changing what it does. Give the new code, then say what changed.',
    attaches: 'selectionOrFile',
  },
  {
    name: 'commit',
    description: 'Write a commit message for the staged changes',
    instruction: 'Write a commit message for these changes: one line of at most 72 characters, in the imperative.',
    attaches: 'stagedDiff',
  },
];

export function slashCommand(name: SlashCommandName): SlashCommand {
  const found = SLASH_COMMANDS.find(command => command.name === name);
  if (!found) throw new Error(`no such command: ${name}`);
  return found;
}

/** "/fix the loop" -> the command and what stands after it; a slash that names no command is ordinary text. */
export function parseQuestion(text: string): { readonly command: SlashCommandName | undefined; readonly text: string } {
  const match = /^\/(\w+)(?:\s+|$)/.exec(text);
  const command = SLASH_COMMANDS.find(({ name }) => name === match?.[1]);
  return command && match ? { command: command.name, text: text.slice(match[0].length) } : { command: undefined, text };
}
