import type { Backend, ModelFacts } from '../../src/backends/backend.ts';
import type { Clock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import { createCompletionEngine } from '../../src/completion/completionEngine.ts';
import { createCostOf, NO_COST_SETTINGS } from '../../src/metering/cost.ts';
import type { Meter, RequestRecord } from '../../src/metering/requestRecord.ts';
import { createDoor } from '../../src/routing/dispatcher.ts';
import type { CandidateSource } from '../../src/routing/endpoint.ts';
import { createPrivacyPolicy } from '../../src/routing/privacyPolicy.ts';
import { parseSettings } from '../../src/settings/parseSettings.ts';
import type { BenchClient } from './benchClient.ts';

export interface MinnowClientNeeds {
  readonly clock: Clock;
  readonly backend: Backend;
  readonly model: ModelFacts;
  /** Where the records of its requests go, for tuning. */
  readonly onRecord?: (record: RequestRecord) => void;
}

/** Minnow's completion engine as it is built in compose.ts, with the one model that the bench gives it. */
export function createMinnowClient({ clock, backend, model, onRecord }: MinnowClientNeeds): BenchClient {
  const settings = parseSettings(() => undefined).settings;
  const candidates: CandidateSource = {
    candidates: rung =>
      rung === 'foundation'
        ? { candidates: [], problem: { kind: 'notSetUp' } }
        : { candidates: [{ rung, endpoint: benchEndpoint(backend), model }], problem: undefined },
    reportFailure() {},
    reportAnswered() {},
  };
  let ids = 0;
  const newId = () => `${++ids}`;
  const meter: Meter = { append: record => onRecord?.(record), appendAcceptance() {} };
  const costOf = createCostOf({ settings: () => NO_COST_SETTINGS, priceList: () => undefined });
  const door = createDoor({ clock, candidates, policy: createPrivacyPolicy(), meter, costOf, newId });
  const engine = createCompletionEngine({ clock, door, candidates, meter, newId, log: silentLogger });
  let lastId: string | undefined;
  return {
    name: 'minnow',
    async provide(snapshot, signal) {
      const outcome = await engine.complete(snapshot, settings, signal);
      if (outcome.kind !== 'shown') return undefined;
      lastId = outcome.suggestion.id;
      return outcome.suggestion.text;
    },
    opened: snapshot => engine.prepare(snapshot, settings),
    accepted() {
      if (lastId) engine.accepted(lastId);
    },
    dispose: () => engine.dispose(),
  };
}

export function benchEndpoint(backend: Backend) {
  const url = 'http://127.0.0.1:1';
  return {
    name: 'bench',
    origin: url,
    locality: 'loopback',
    backend,
    contactGrant: undefined,
    setting: { name: 'bench', url, dialect: backend.dialect },
  } as const;
}
