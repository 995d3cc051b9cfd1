import * as vscode from 'vscode';
import { chatBudget } from '../chat/chatTurn.ts';
import { cleanCommitMessage, commitMessages } from '../chat/commitMessage.ts';
import { generateText } from '../chat/generateText.ts';
import type { EditNeeds } from './editInPlace.ts';
import { describeProblem } from './engineStates.ts';
import { selectedRepository } from './gitRepository.ts';

const MESSAGE_TOKENS_MAX = 96;
/** Of the window, what a diff may take: the examples and the answer need the rest. */
const DIFF_SHARE = 0.6;
const SUBJECTS_READ = 20;
/** While a message is written the button in the Source Control title is a stop. */
const WRITING_CONTEXT = 'minnow:writingCommitMessage';

export interface CommitMessageWriter {
  write(rootUri: vscode.Uri | undefined): Promise<void>;
  stop(): void;
}

/** Writes into the Source Control box, where the user reads and changes it before committing. */
export function createCommitMessageWriter(needs: Omit<EditNeeds, 'proposedEdits'>): CommitMessageWriter {
  let writing: AbortController | undefined;
  return {
    stop: () => writing?.abort(),
    async write(rootUri) {
      const repository = await selectedRepository(rootUri);
      if (!repository) return tell('No git repository is open.');
      const diff = await repository.diff(true);
      if (!diff.trim()) return tell('Nothing is staged. Stage the changes that the message is for.');
      const subjects = await recentSubjects(repository);
      const before = repository.inputBox.value;
      writing?.abort();
      const mine = new AbortController();
      writing = mine;
      await vscode.commands.executeCommand('setContext', WRITING_CONTEXT, true);
      const result = await generateText(
        needs,
        {
          purpose: 'commitMessage',
          languageId: undefined,
          paths: [...diff.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, path]) => path ?? ''),
          messagesFor({ model }) {
            const { windowTokens, charsPerToken } = chatBudget(model, needs.tokenRatio);
            const diffChars = Math.floor(windowTokens * DIFF_SHARE * charsPerToken);
            return { messages: commitMessages(diff, subjects, diffChars).messages, maxTokens: MESSAGE_TOKENS_MAX };
          },
          onText: text => {
            repository.inputBox.value = cleanCommitMessage(text) ?? before;
          },
        },
        mine.signal,
      );
      if (writing === mine) await vscode.commands.executeCommand('setContext', WRITING_CONTEXT, false);
      const message = result.kind === 'answered' ? cleanCommitMessage(result.value) : undefined;
      repository.inputBox.value = message ?? before;
      if (result.kind === 'failed') tell(describeProblem(result.problem).sentence);
      else if (result.kind === 'refused') tell(result.why);
      else if (result.kind === 'answered' && !message)
        tell('The model gave no message. Try again, or write it yourself.');
    },
  };
}

/** The repository's own style; a new one has no history to take it from. */
async function recentSubjects(repository: Awaited<ReturnType<typeof selectedRepository>>): Promise<readonly string[]> {
  const commits = await repository?.log({ maxEntries: SUBJECTS_READ }).then(
    found => found,
    () => [],
  );
  return (commits ?? []).map(({ message }) => message.split('\n', 1)[0] ?? '').filter(Boolean);
}

function tell(message: string): void {
  void vscode.window.showInformationMessage(`Minnow: ${message}`);
}
