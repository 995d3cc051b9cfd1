import type { ModelFacts, ModelListing, Residency } from '../backends/backend.ts';
import { type Locality, localityOf } from '../backends/permit.ts';
import type { Clock } from '../base/clock.ts';
import { type Disposable, DisposableStore } from '../base/disposable.ts';
import { Emitter, type Event } from '../base/emitter.ts';
import type { Logger } from '../base/logger.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { Rung } from '../metering/requestRecord.ts';
import type { Candidate, CandidateSource, Endpoint, EngineProblem } from '../routing/endpoint.ts';
import { problemOf } from '../routing/engineProblem.ts';
import type { EndpointSetting, MinnowSettings } from '../settings/settings.ts';
import { listChatModels } from './chatModels.ts';
import type { EmbeddedEngine } from './embeddedEngine.ts';
import { endpointSettings, resolveRung } from './rungResolver.ts';
import { RungWatch } from './rungWatch.ts';

const RUNGS: readonly Rung[] = ['edge', 'workhorse', 'foundation'];

export interface InventoryNeeds {
  readonly clock: Clock;
  readonly log: Logger;
  readonly settings: () => MinnowSettings;
  readonly embedded: EmbeddedEngine;
  readonly connect: (setting: EndpointSetting, signal: AbortSignal) => Promise<Result<Endpoint, EngineProblem>>;
  readonly canFillInTheMiddle: (facts: ModelFacts) => boolean;
}

export interface RungReport {
  readonly rung: Rung;
  readonly candidate: Candidate | undefined;
  readonly problem: EngineProblem | undefined;
  readonly residency: Residency | undefined;
}

export interface EndpointReport {
  readonly setting: EndpointSetting;
  readonly locality: Locality;
  readonly listed: Result<readonly ModelListing[], EngineProblem>;
}

/** What is there: who answers on each rung, kept up to date in the background, told without waiting. */
export interface Inventory extends CandidateSource, Disposable {
  readonly onDidChange: Event<void>;
  report(rung: Rung): RungReport;
  /** Looks at everything afresh: at the start, after a change of settings, when the window comes to the front. */
  refresh(): Promise<void>;
  /** Every endpoint with its models, for a person to choose from. Asks the servers. */
  listEndpoints(signal: AbortSignal): Promise<readonly EndpointReport[]>;
  /** Every model that can chat, of every endpoint that is there, for the editor's own model picker. Asks the servers. */
  chatModels(signal: AbortSignal): Promise<readonly Candidate[]>;
}

export function createInventory(needs: InventoryNeeds): Inventory {
  const store = new DisposableStore();
  const changed = store.add(new Emitter<void>());
  const watches = new Map(
    RUNGS.map(rung => {
      const watch = new RungWatch({
        clock: needs.clock,
        log: needs.log,
        name: rung,
        keepAliveMinutes: () => needs.settings().keepAliveMinutes,
        resolve: signal => resolveRung(rung, { settings: needs.settings(), needs, signal }),
        changed: () => changed.fire(),
      });
      return [rung, store.add(watch)] as const;
    }),
  );
  const watchOf = (rung: Rung) => watches.get(rung) as RungWatch;
  const refresh = async () => {
    await Promise.all([...watches.values()].map(watch => watch.look()));
  };
  store.add(needs.embedded.onDidChange(() => void refresh()));

  function report(rung: Rung): RungReport {
    const { state } = watchOf(rung) as RungWatch;
    switch (state.kind) {
      case 'looking':
        return { rung, candidate: undefined, problem: { kind: 'starting' }, residency: undefined };
      case 'problem':
        return { rung, candidate: undefined, problem: state.problem, residency: undefined };
      case 'ready':
        return { rung, candidate: state.candidate, problem: undefined, residency: state.residency };
    }
  }

  return {
    onDidChange: changed.event,
    report,
    refresh,
    candidates(rung) {
      const { candidate, problem } = report(rung);
      if (!candidate) watchOf(rung).lookOnDemand();
      return { candidates: candidate ? [candidate] : [], problem };
    },
    reportFailure(candidate, problem) {
      const watch = watchOf(candidate.rung);
      if (watch.concerns(candidate)) watch.failed(problem);
    },
    reportAnswered(candidate) {
      const watch = watchOf(candidate.rung);
      if (watch.concerns(candidate)) watch.answered(candidate);
    },
    listEndpoints: signal =>
      Promise.all(endpointSettings(needs.settings()).map(setting => listEndpoint(needs, setting, signal))),
    chatModels: signal => listChatModels({ settings: needs.settings(), needs, signal }),
    dispose: () => store.dispose(),
  };
}

async function listEndpoint(
  needs: InventoryNeeds,
  setting: EndpointSetting,
  signal: AbortSignal,
): Promise<EndpointReport> {
  const locality = localityOf(new URL(setting.url));
  const connected = await needs.connect(setting, signal);
  if (!connected.ok) return { setting, locality, listed: connected };
  const endpoint = connected.value;
  const listed = await endpoint.backend.listModels({ signal, grant: endpoint.contactGrant });
  if (listed.ok) return { setting, locality, listed: success(listed.value) };
  return { setting, locality, listed: failure(problemOf(listed.error, { endpoint, model: { name: '' } })) };
}
