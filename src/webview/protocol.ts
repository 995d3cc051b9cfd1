/** Both ends of a view state it in their first message; a view left over from another version is rebuilt. */
export const PROTOCOL_VERSION = 1;

export type ViewName = 'chat' | 'inspector' | 'dashboard';

/** The first message of every view: it is there, and wants everything it shows. Sent again after each reload. */
export interface ReadyMessage {
  readonly type: 'ready';
  readonly version: number;
}
