import type { CursorSnapshot } from '../../src/completion/snapshot.ts';

/** An inline completion provider without the editor: what is compared. */
export interface BenchClient {
  readonly name: string;
  /** The text to show at the cursor, or undefined. */
  provide(snapshot: CursorSnapshot, signal: AbortSignal): Promise<string | undefined>;
  /** The file was opened, its cursor is here. */
  opened(snapshot: CursorSnapshot): void;
  /** The editor told that what `provide` last answered was accepted whole. */
  accepted(): void;
  dispose(): void;
}
