import type { Event } from '../base/emitter.ts';
import type { EngineProblem } from '../routing/endpoint.ts';

/** What this room needs of the built-in engine; compose connects it to the supervisor of the child process. */
export interface EmbeddedEngine {
  state(): EmbeddedEngineState;
  readonly onDidChange: Event<void>;
  /** Starts the engine if it is not running. Returns at once; the state tells what came of it. */
  start(): void;
}

export type EmbeddedEngineState =
  | { readonly kind: 'ready'; readonly url: string; readonly model: string }
  | { readonly kind: 'starting'; readonly model: string }
  | { readonly kind: 'stopped' }
  | { readonly kind: 'unusable'; readonly problem: EngineProblem };
