import type { Clock } from '../../src/base/clock.ts';
import type { BenchClient } from './benchClient.ts';
import { openEditor } from './editorModel.ts';
import type { ReplayLog } from './replayLog.ts';
import type { SlotEngine } from './slotEngine.ts';
import type { Trace } from './traces.ts';
import { typeTrace } from './typist.ts';
import { wait } from './virtualClock.ts';

/** Between opening the file and the first key, and after the last one. */
const SETTLE_MS = 1500;

export interface Side {
  readonly client: BenchClient;
  /** Emulated or real, as far as it tells what it was asked. */
  readonly engine: Pick<SlotEngine, 'requests' | 'busyMs'>;
  readonly clock: Clock;
}

/** Types the trace in the model of the editor and logs what went in and what was seen. */
export async function replay(trace: Trace, side: Side, { maxKeys }: { readonly maxKeys: number }): Promise<ReplayLog> {
  const { client, engine, clock } = side;
  const editor = openEditor(trace, client, clock);
  const firstRequest = engine.requests.length;
  const busyBeforeMs = engine.busyMs;
  client.opened(editor.snapshot());
  await wait(clock, SETTLE_MS);
  await typeTrace(trace, editor, { clock, maxKeys });
  await wait(clock, SETTLE_MS);
  editor.close();
  return {
    trace: trace.name,
    document: trace.document,
    events: editor.events,
    requests: engine.requests.slice(firstRequest),
    engineBusyMs: engine.busyMs - busyBeforeMs,
    endMs: clock.monotonicMs(),
  };
}
