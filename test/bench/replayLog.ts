import { endOfFirstLine, type TargetDocument } from './oracle.ts';
import type { EngineRequest } from './slotEngine.ts';

/** What was seen from outside: keys that went in, ghost text that stood on the screen. Offsets count in the target. */
export type ReplayEvent =
  | { readonly kind: 'key'; readonly atMs: number; readonly offset: number; readonly text: string }
  | { readonly kind: 'accept'; readonly atMs: number; readonly offset: number; readonly text: string }
  /** Keys that take away the wrong end of what was accepted. */
  | { readonly kind: 'erase'; readonly atMs: number; readonly offset: number; readonly keys: number }
  | {
      readonly kind: 'ghost';
      readonly atMs: number;
      readonly offset: number;
      readonly text: string | undefined;
      /** As far as the client's side knows it; the real editor does not say. */
      readonly byTyping: boolean;
    };

export interface ReplayLog {
  readonly trace: string;
  readonly document: TargetDocument;
  readonly events: readonly ReplayEvent[];
  readonly requests: readonly EngineRequest[];
  readonly engineBusyMs: number;
  readonly endMs: number;
}

/** Ghost text is right when its whole first line is what will be typed: a reader decides by that line. */
export function isRight(document: TargetDocument, offset: number, ghost: string): boolean {
  const line = ghost.slice(0, endOfFirstLine(ghost));
  return line.trim() !== '' && document.text.slice(offset, document.regionEnd).startsWith(line);
}

export function rightChars(document: TargetDocument, offset: number, text: string): number {
  const truth = document.text.slice(offset, document.regionEnd);
  let same = 0;
  while (same < text.length && same < truth.length && text[same] === truth[same]) same++;
  return same;
}
