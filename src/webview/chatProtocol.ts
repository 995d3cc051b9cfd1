import type { ReadyMessage } from './protocol.ts';

/** What the chat view is told. The host owns the conversation; the view owns only what is typed and where it is scrolled. */
export type ChatToView =
  | { readonly type: 'state'; readonly state: ChatViewState }
  | { readonly type: 'turn'; readonly turn: TurnShape }
  | { readonly type: 'text' | 'thinking'; readonly answerId: string; readonly delta: string }
  | { readonly type: 'attachments'; readonly chips: readonly ChipShape[] }
  | { readonly type: 'context'; readonly context: ContextShape }
  | { readonly type: 'history'; readonly items: readonly HistoryShape[] }
  | { readonly type: 'status'; readonly status: StatusShape }
  | { readonly type: 'focusInput' };

export interface ChatViewState {
  readonly title: string;
  readonly draft: string;
  readonly turns: readonly TurnShape[];
  readonly chips: readonly ChipShape[];
  readonly context: ContextShape | undefined;
  readonly status: StatusShape;
  readonly commands: readonly { readonly name: string; readonly description: string }[];
  /** Questions to begin with, made from the file that is open. */
  readonly starters: readonly string[];
  readonly isSummarized: boolean;
}

/** Who would answer now. */
export interface StatusShape {
  readonly model: string | undefined;
  readonly place: string;
  readonly isRemote: boolean;
  /** A sentence where nobody can answer, with the one thing to do. */
  readonly problem: string | undefined;
  readonly action: ActionShape | undefined;
  readonly thinkingLevels: readonly string[];
  readonly thinkingLevel: string;
  readonly canAskLarger: boolean;
}

export interface ActionShape {
  readonly label: string;
  readonly command: string;
}

export interface TurnShape {
  readonly id: string;
  readonly question: string;
  readonly chips: readonly ChipShape[];
  readonly answers: readonly AnswerShape[];
}

export interface ChipShape {
  readonly id: string;
  readonly label: string;
  /** "310 tok", an estimate. */
  readonly size: string;
  readonly title: string;
}

export interface AnswerShape {
  readonly id: string;
  readonly author: string;
  readonly rung: string;
  readonly isRemote: boolean;
  readonly state: 'streaming' | 'finished' | 'stopped' | 'failed';
  readonly text: string;
  readonly thinking: { readonly text: string; readonly summary: string } | undefined;
  /** The line under the answer; empty while it streams. */
  readonly metrics: string;
  readonly metricsTitle: string;
  readonly requestId: string | undefined;
  /** What went wrong, or that the answer was cut, in one sentence. */
  readonly note: string | undefined;
  readonly action: ActionShape | undefined;
}

export interface ContextShape {
  readonly used: string;
  readonly share: number;
  readonly leftOut: readonly { readonly label: string; readonly why: string }[];
}

export interface HistoryShape {
  readonly id: string;
  readonly title: string;
  readonly when: string;
}

export const ATTACHABLE = ['file', 'selection', 'openEditors', 'problems', 'terminal', 'gitDiff'] as const;
export type Attachable = (typeof ATTACHABLE)[number];

export const CODE_ACTIONS = ['copy', 'insert', 'apply', 'newFile'] as const;
export type CodeAction = (typeof CODE_ACTIONS)[number];

/** What the view asks for. Everything in it is untrusted: it comes from a page that renders what a model wrote. */
export type ChatFromView =
  | ReadyMessage
  | { readonly type: 'ask'; readonly text: string }
  | { readonly type: 'stop' | 'pickModel' }
  | { readonly type: 'newChat' | 'summarize' | 'undoSummary' | 'exportMarkdown' }
  | { readonly type: 'regenerate' | 'askLarger'; readonly turnId: string }
  | { readonly type: 'editAndResend'; readonly turnId: string; readonly text: string }
  | { readonly type: 'keepAnswer' | 'retry'; readonly answerId: string }
  /** The text is what the user saw in the block; the host takes it only where the answer really holds it. */
  | {
      readonly type: 'code';
      readonly action: CodeAction;
      readonly answerId: string;
      readonly text: string;
      readonly languageId: string;
    }
  | { readonly type: 'attach'; readonly kind: Attachable }
  | { readonly type: 'detach'; readonly chipId: string }
  | { readonly type: 'draft'; readonly text: string }
  | { readonly type: 'thinkingLevel'; readonly level: string }
  | { readonly type: 'history'; readonly words: string }
  | { readonly type: 'open' | 'remove'; readonly conversationId: string }
  | { readonly type: 'rename'; readonly conversationId: string; readonly title: string }
  | { readonly type: 'showRequest'; readonly requestId: string }
  | { readonly type: 'openLink'; readonly href: string }
  | { readonly type: 'runAction'; readonly command: string };
