import type { NativeModelFacts } from './nativeModel.ts';

/** What the supervisor says over the fork channel. The token travels here, because argv and environment can be read by others. */
export interface StartMessage {
  readonly type: 'start';
  readonly token: string;
  readonly modelPath: string;
  readonly contextTokens: number;
  readonly maxThreads: number;
}

/** What the child answers, once. `nativeMissing`: this machine cannot run the engine at all, whatever the file. */
export type ChildMessage =
  | { readonly type: 'ready'; readonly pid: number; readonly port: number; readonly model: NativeModelFacts }
  | {
      readonly type: 'failed';
      readonly reason: 'nativeMissing' | 'modelFile' | 'outOfMemory' | 'notListening';
      readonly detail: string;
    };
