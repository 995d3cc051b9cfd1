import type { Clock } from '../base/clock.ts';
import { Stopwatch } from '../metering/stopwatch.ts';
import type { Candidate, CandidateSource, EngineProblem } from '../routing/endpoint.ts';
import type { MinnowSettings } from '../settings/settings.ts';
import { type Place, placeOf } from './place.ts';
import { modelKeyOf } from './prompt/promptPlanner.ts';
import { decideShape, type Shape, type SyntaxPort } from './shape.ts';
import type { CursorSnapshot } from './snapshot.ts';

/** One wish with everything that is decided once for it. A value: the next keystroke makes its own and changes none. */
export interface Ask {
  readonly snapshot: CursorSnapshot;
  readonly settings: MinnowSettings;
  readonly signal: AbortSignal;
  readonly place: Place;
  readonly shape: Shape;
  /** Who would answer; without one, `problem` says why. */
  readonly candidate: Candidate | undefined;
  readonly problem: EngineProblem;
  readonly modelKey: string;
  readonly stopwatch: Stopwatch;
  readonly startedMs: number;
}

export interface AskNeeds {
  readonly clock: Clock;
  readonly candidates: CandidateSource;
  readonly syntax?: SyntaxPort | undefined;
}

export function askOf(needs: AskNeeds, snapshot: CursorSnapshot, settings: MinnowSettings, signal: AbortSignal): Ask {
  const { candidates, problem } = needs.candidates.candidates('edge');
  const candidate = candidates[0];
  return {
    snapshot,
    settings,
    signal,
    place: placeOf(snapshot),
    shape: decideShape(snapshot, settings.completion, needs.syntax),
    candidate,
    problem: problem ?? { kind: 'notSetUp' },
    modelKey: candidate ? modelKeyOf(candidate) : '',
    stopwatch: new Stopwatch(needs.clock),
    startedMs: needs.clock.monotonicMs(),
  };
}
