import type { ReadyMessage } from './protocol.ts';

/** What the inspector is told. Numbers come formatted: the host alone decides how they read. */
export type InspectorToView =
  | { readonly type: 'rows'; readonly rows: readonly RequestRowShape[]; readonly isWhole: boolean }
  | { readonly type: 'recording'; readonly isOn: boolean }
  | { readonly type: 'detail'; readonly detail: RequestDetailShape | undefined };

export interface RequestRowShape {
  readonly id: string;
  readonly time: string;
  readonly purpose: string;
  readonly model: string;
  readonly isRemote: boolean;
  /** "ollama, on this machine" */
  readonly place: string;
  readonly phases: readonly PhaseShape[];
  readonly totalMs: number;
  readonly total: string;
  /** "1,204 (1,180)": sent, and of these from the server's cache. */
  readonly tokensIn: string;
  readonly tokensOut: string;
  readonly cost: string;
  readonly outcome: string;
  readonly kind: 'good' | 'plain' | 'bad';
}

/** One bar of the waterfall; the bars follow each other without a gap. */
export interface PhaseShape {
  readonly name: PhaseName;
  readonly label: string;
  readonly ms: number;
  readonly text: string;
}

export const PHASE_NAMES = ['wait', 'context', 'queue', 'connect', 'firstToken', 'generate', 'trim'] as const;
export type PhaseName = (typeof PHASE_NAMES)[number];

export interface RequestDetailShape {
  readonly id: string;
  readonly title: string;
  readonly facts: readonly FactShape[];
  /** Why it was made, by whom it was answered and what became of it, in order. */
  readonly story: readonly string[];
  /** The prompt as it was sent; undefined where it was not recorded. */
  readonly prompt: readonly PromptPartShape[] | undefined;
}

export interface PromptPartShape {
  readonly kind: 'marker' | 'context' | 'prefix' | 'suffix' | 'middle' | 'message';
  readonly label: string;
  readonly text: string;
  readonly why: string;
  /** "≈ 310 tok" */
  readonly size: string;
}

export interface FactShape {
  readonly label: string;
  readonly value: string;
  /** How the figure is made, for hovering. */
  readonly explanation: string;
}

export type InspectorFromView =
  | ReadyMessage
  | { readonly type: 'select'; readonly requestId?: string | undefined }
  | { readonly type: 'copy'; readonly requestId: string }
  | { readonly type: 'record'; readonly isWanted: boolean }
  | { readonly type: 'openDashboard' };
