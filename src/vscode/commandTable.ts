/**
 * Every command that people can reach, once: the manifest test holds package.json to this table, and commands.ts must give
 * each a handler. The palette shows the category before the title: "Minnow: Trigger Completion".
 */
export const COMMAND_CATEGORY = 'Minnow';

export const COMMANDS = {
  'minnow.showMenu': { title: 'Show Menu' },
  'minnow.triggerCompletion': { title: 'Trigger Completion' },
  'minnow.toggleCompletions': { title: 'Toggle Completions Everywhere' },
  'minnow.toggleCompletionsForLanguage': { title: 'Toggle Completions for This Language' },
  'minnow.whyNoSuggestion': { title: 'Why No Suggestion?' },
  'minnow.switchModel': { title: 'Switch Model…' },
  'minnow.setUp': { title: 'Set Up…' },
  'minnow.setApiKey': { title: 'Set API Key for Endpoint…' },
  'minnow.copyPullCommand': { title: 'Copy Pull Command' },
  'minnow.lookAgain': { title: 'Look for Servers Again' },
  'minnow.restartEmbeddedEngine': { title: 'Restart Embedded Engine' },
  'minnow.openChat': { title: 'Open Chat' },
  'minnow.newChat': { title: 'New Chat' },
  'minnow.askLargerModel': { title: 'Ask a Larger Model' },
  'minnow.showRequest': { title: 'Show Last Request' },
  'minnow.addSelectionToChat': { title: 'Add Selection to Chat' },
  'minnow.editSelection': { title: 'Edit Selection…' },
  'minnow.fix': { title: 'Fix Problem' },
  'minnow.explain': { title: 'Explain' },
  'minnow.document': { title: 'Document' },
  'minnow.writeTests': { title: 'Write Tests' },
  'minnow.acceptEdit': { title: 'Accept Proposed Edit' },
  'minnow.acceptHunk': { title: 'Accept This Hunk' },
  'minnow.rejectHunk': { title: 'Reject This Hunk' },
  'minnow.discardEdit': { title: 'Discard Proposed Edit' },
  'minnow.generateCommitMessage': { title: 'Generate Commit Message' },
  'minnow.stopCommitMessage': { title: 'Stop Writing the Commit Message' },
  'minnow.openDashboard': { title: 'Open Dashboard' },
  'minnow.showRequests': { title: 'Show Requests' },
  'minnow.exportLedger': { title: 'Export Ledger…' },
  'minnow.deleteLedger': { title: 'Delete Ledger…' },
  'minnow.deleteConversations': { title: 'Delete All Conversations…' },
  'minnow.openSettings': { title: 'Open Settings' },
  'minnow.showLog': { title: 'Show Log' },
  'minnow.diagnose': { title: 'Diagnose…' },
} as const;

export type CommandId = keyof typeof COMMANDS;

/**
 * Run by the editor when the user takes a whole suggestion; the only word on acceptance that the stable API gives
 * (code.visualstudio.com/api/references/vscode-api#InlineCompletionItem). Not in the palette.
 */
export const SUGGESTION_ACCEPTED_COMMAND = 'minnow.internal.suggestionAccepted';
