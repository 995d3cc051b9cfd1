import * as vscode from 'vscode';
import { type Disposable, DisposableStore } from '../base/disposable.ts';
import type { Attachment } from '../chat/attachments.ts';
import { runTurn, type TurnNeeds } from '../chat/chatTurn.ts';
import { type Answer, type Conversation, newConversation, type Question, type Turn } from '../chat/conversation.ts';
import { SLASH_COMMANDS, slashCommand } from '../chat/slashCommands.ts';
import type { Candidate } from '../routing/endpoint.ts';
import { gatherForCommand } from './attachmentSources.ts';
import { metricsLine } from './chatShapes.ts';
import { describeProblem } from './engineStates.ts';
import { signalOf, VENDOR } from './languageModelProvider.ts';
import { escapeMarkdown } from './markdownText.ts';

export const PARTICIPANT_ID = 'minnow.assistant';

export interface ParticipantNeeds extends TurnNeeds {
  readonly newId: () => string;
  /** One of our models by its id in the editor's picker. */
  readonly candidate: (id: string) => Candidate | undefined;
}

/** What an answer of ours leaves for the next turn: the editor keeps it with the conversation. */
interface AnswerNote {
  readonly text: string;
}

/** `@minnow` in the editor's own chat: the same conversation engine, the editor's face. */
export function registerChatParticipant(needs: ParticipantNeeds): Disposable {
  const store = new DisposableStore();
  const participant = store.add(
    vscode.chat.createChatParticipant(PARTICIPANT_ID, (request, context, stream, token) =>
      respond(needs, { request, context, stream, token }),
    ),
  );
  participant.iconPath = new vscode.ThemeIcon('sparkle');
  participant.followupProvider = {
    provideFollowups: result => (result.errorDetails ? [] : FOLLOW_UPS),
  };
  return store;
}

const PLACES = { loopback: 'this machine', lan: 'your own network', remote: 'a remote server' } as const;

const FOLLOW_UPS: vscode.ChatFollowup[] = [
  { prompt: 'What could go wrong with this?', label: 'What could go wrong?' },
  { prompt: '', command: 'tests', label: 'Write tests' },
];

interface Asked {
  readonly request: vscode.ChatRequest;
  readonly context: vscode.ChatContext;
  readonly stream: vscode.ChatResponseStream;
  readonly token: vscode.CancellationToken;
}

async function respond(
  needs: ParticipantNeeds,
  { request, context, stream, token }: Asked,
): Promise<vscode.ChatResult> {
  const question = await questionOf(request);
  // The user picks a model for each message; one of another vendor is not ours to use, so our own ladder answers.
  const chosen = request.model.vendor === VENDOR ? needs.candidate(request.model.id) : undefined;
  let text = '';
  let answeredBy = '';
  const end = await runTurn(
    needs,
    {
      conversation: conversationOf(context, needs),
      question,
      rung: 'workhorse',
      chosen,
      purpose: 'chat',
      thinking: 'off',
      consent: undefined,
      fallbackFrom: undefined,
    },
    {
      began: (author, { leftOut }) => {
        answeredBy = `${author.model} · workhorse · ${PLACES[author.locality]}`;
        if (leftOut.length > 0) stream.progress(`Left out: ${leftOut.map(({ label }) => label).join(', ')}`);
      },
      text: delta => {
        text += delta;
        stream.markdown(delta);
      },
      thinking: () => {},
    },
    signalOf(token),
  );
  switch (end.kind) {
    case 'finished': {
      stream.markdown(`\n\n---\n_${escapeMarkdown(answeredBy)} · ${metricsLine(end.metrics)}_`);
      // Minnow's own view has the question and can put a larger model's answer beside the local one.
      stream.button({ command: 'minnow.askLargerModel', title: 'Ask a Larger Model', arguments: [request.prompt] });
      stream.button({ command: 'minnow.showRequest', title: 'Show Request', arguments: [end.metrics.requestId] });
      const note: AnswerNote = { text };
      return { metadata: note };
    }
    case 'stopped':
      return { metadata: { text } };
    case 'failed':
      return { errorDetails: { message: describeProblem(end.problem).sentence } };
    case 'refused':
      return { errorDetails: { message: end.why } };
  }
}

async function questionOf(request: vscode.ChatRequest): Promise<Question> {
  const command = SLASH_COMMANDS.find(({ name }) => name === request.command)?.name;
  const referenced = (await Promise.all(request.references.map(attachmentOf))).filter(found => found !== undefined);
  const attachments =
    command && referenced.length === 0 ? await gatherForCommand(slashCommand(command).attaches) : referenced;
  return { text: request.prompt, command, attachments };
}

/** What the user named with #: a file, a place in one, or plain text. */
async function attachmentOf({ value, id }: vscode.ChatPromptReference): Promise<Attachment | undefined> {
  if (typeof value === 'string') return { kind: 'terminal', text: value };
  const uri = value instanceof vscode.Uri ? value : value instanceof vscode.Location ? value.uri : undefined;
  if (!uri) return undefined;
  const document = await vscode.workspace.openTextDocument(uri).then(
    found => found,
    () => undefined, // a folder, or a file that is no text
  );
  if (!document) return undefined;
  const range = value instanceof vscode.Location ? value.range : undefined;
  return {
    kind: range ? 'selection' : 'file',
    path: vscode.workspace.asRelativePath(uri) || id,
    languageId: document.languageId,
    text: document.getText(range),
    lines: range && { first: range.start.line + 1, last: range.end.line + 1 },
  };
}

function conversationOf(context: vscode.ChatContext, needs: ParticipantNeeds): Conversation {
  const turns: Turn[] = [];
  for (const entry of context.history) {
    if (entry instanceof vscode.ChatRequestTurn) {
      const command = SLASH_COMMANDS.find(({ name }) => name === entry.command)?.name;
      turns.push({ id: needs.newId(), question: { text: entry.prompt, command, attachments: [] }, answers: [] });
    } else {
      const asked = turns.pop();
      const text = (entry.result.metadata as AnswerNote | undefined)?.text ?? '';
      if (asked) turns.push({ ...asked, answers: [answerOf(needs.newId(), text)] });
    }
  }
  return { ...newConversation(needs.newId(), needs.clock.nowMs()), turns };
}

function answerOf(id: string, text: string): Answer {
  return {
    id,
    rung: 'workhorse',
    author: undefined,
    state: { kind: 'finished', reason: 'stop' },
    text,
    thinking: undefined,
    metrics: undefined,
    leftOut: [],
  };
}
