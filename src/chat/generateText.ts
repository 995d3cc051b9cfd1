import type { ChatMessage } from '../backends/backend.ts';
import type { Clock } from '../base/clock.ts';
import type { Purpose } from '../metering/requestRecord.ts';
import { Stopwatch } from '../metering/stopwatch.ts';
import type { Consumed, Door, DoorResult } from '../routing/dispatcher.ts';
import type { PermittedCandidate } from '../routing/endpoint.ts';
import { CHAT_LIMITS, CHAT_SAMPLING } from './chatTurn.ts';

export interface TextWish {
  readonly purpose: Purpose;
  readonly languageId: string | undefined;
  readonly paths: readonly string[];
  /** Undefined: it does not fit into this model's window. */
  readonly messagesFor: (
    candidate: PermittedCandidate,
  ) => { readonly messages: readonly ChatMessage[]; readonly maxTokens: number } | undefined;
  /** Told the whole text so far, each time more has come. */
  readonly onText: (text: string) => void;
}

/** One answer outside of a conversation: an edit, a commit message. */
export function generateText(
  { clock, door }: { readonly clock: Clock; readonly door: Door },
  wish: TextWish,
  signal: AbortSignal,
): Promise<DoorResult<string>> {
  return door.run<string>(
    {
      purpose: wish.purpose,
      rung: 'workhorse',
      languageId: wish.languageId,
      stopwatch: new Stopwatch(clock),
      privacy: { paths: wish.paths, contentUnknown: false, consent: undefined },
      build(candidate) {
        const wanted = wish.messagesFor(candidate);
        const { name, contextTokens } = candidate.model;
        if (!wanted) return { ok: false, problem: { kind: 'promptTooLong', model: name, limitTokens: contextTokens } };
        return {
          ok: true,
          request: {
            model: name,
            prompt: { kind: 'chat', messages: wanted.messages, thinking: 'off' },
            maxTokens: wanted.maxTokens,
            stop: [],
            sampling: CHAT_SAMPLING,
            delivery: 'streamed',
            limits: CHAT_LIMITS,
          },
        };
      },
    },
    signal,
    async (stream): Promise<Consumed<string>> => {
      let value = '';
      for await (const part of stream) {
        if (part.type === 'failed') return { value, outcome: { kind: 'failed', error: part.error } };
        if (part.type !== 'text') continue;
        value += part.text;
        wish.onText(value);
      }
      return { value, outcome: value.trim() ? { kind: 'answered' } : { kind: 'empty', why: 'modelEndedAtOnce' } };
    },
  );
}
