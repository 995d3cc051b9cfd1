/**
 * What stands ready, gathered elsewhere on editor events, when a keystroke asks for it. The keystroke path waits at most
 * MAX_CONTEXT_WAIT_MS; a source that has nothing yet answers with what it last had.
 */
export interface ContextSource {
  snapshot(wish: ContextWish): Promise<ContextSnapshot> | ContextSnapshot;
}

export const MAX_CONTEXT_WAIT_MS = 15;

export interface ContextWish {
  readonly uri: string;
  readonly languageId: string;
}

export interface ContextSnapshot {
  /** Changes when, and only when, the parts do. */
  readonly version: number;
  /** The name of the workspace folder, for the families whose format begins with it. */
  readonly repository: string;
  readonly parts: readonly ContextPart[];
}

export interface ContextPart {
  /** Unique, and the same for the same thing at another time: it breaks ties, so that the order never flips. */
  readonly id: string;
  readonly kind:
    | 'neighbour'
    | 'recentEdit'
    | 'recentlyViewed'
    | 'definition'
    | 'outline'
    | 'diagnostic'
    | 'notebookCell';
  /** As people write it; shown to the model. */
  readonly path: string;
  readonly text: string;
  /** Higher is wanted more; decides what stays out when the budget is short, never the order in the prompt. */
  readonly rank: number;
  /** Stable parts stand first, so that a change of a volatile one leaves the server's prompt cache alone. */
  readonly stability: 'stable' | 'volatile';
}
