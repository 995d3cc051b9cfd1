import type { ModelFacts, ModelListing } from '../backends/backend.ts';
import { localityOf } from '../backends/permit.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { Rung } from '../metering/requestRecord.ts';
import type { Candidate, Endpoint, EngineProblem } from '../routing/endpoint.ts';
import { problemOf } from '../routing/engineProblem.ts';
import {
  EMBEDDED_ENDPOINT,
  type EndpointSetting,
  type MinnowSettings,
  type ModelReference,
  OLLAMA_ENDPOINT,
} from '../settings/settings.ts';
import type { EmbeddedEngine } from './embeddedEngine.ts';

/** Ollama on its usual port is known without being named; a setting of the same name takes its place. */
export const DEFAULT_OLLAMA: EndpointSetting = {
  name: OLLAMA_ENDPOINT,
  url: 'http://127.0.0.1:11434',
  dialect: 'ollama',
};

/** How many of a server's models are looked at, one request each, when nobody named one. */
const MODELS_DESCRIBED_MAX = 12;

export interface RungNeeds {
  readonly embedded: EmbeddedEngine;
  /** Finds the dialect by probing and builds the backend. Sends no user code. */
  readonly connect: (setting: EndpointSetting, signal: AbortSignal) => Promise<Result<Endpoint, EngineProblem>>;
  /** Whether completion has a fill-in-the-middle form for this model. */
  readonly canFillInTheMiddle: (facts: ModelFacts) => boolean;
}

export interface Resolving {
  readonly settings: MinnowSettings;
  readonly needs: RungNeeds;
  readonly signal: AbortSignal;
}

/**
 * Finds who answers on a rung: the model the user named, else for the edge and workhorse rungs what is there already: an
 * Ollama with a model that fits the work, else the built-in engine. Nobody is chosen for the foundation rung.
 */
export async function resolveRung(rung: Rung, resolving: Resolving): Promise<Result<Candidate, EngineProblem>> {
  const { ladder, fallback } = resolving.settings;
  if (rung === 'foundation' && fallback === 'off') return failure({ kind: 'notSetUp' });
  const chosen = ladder[rung];
  if (chosen) return resolveReference(rung, chosen, resolving);
  if (rung === 'foundation') return failure({ kind: 'notSetUp' });
  if (rung === 'workhorse' && ladder.edge) {
    // One model for both: no second model in memory, and no swap between them.
    const shared = await resolveReference(rung, ladder.edge, resolving);
    if (shared.ok) return shared;
  }
  return resolveWhatIsThere(rung, resolving);
}

export function endpointSettings(settings: MinnowSettings): readonly EndpointSetting[] {
  const named = settings.endpoints;
  return named.some(({ name }) => name === OLLAMA_ENDPOINT) ? named : [...named, DEFAULT_OLLAMA];
}

/**
 * Those that may be contacted without anybody having asked for one: while fallback is off, a remote endpoint is left alone
 * unless the user put it on a rung of daily work themselves.
 */
export function contactableEndpoints(settings: MinnowSettings): readonly EndpointSetting[] {
  const { ladder, fallback } = settings;
  const inDailyUse = [ladder.edge?.endpoint, ladder.workhorse?.endpoint];
  return endpointSettings(settings).filter(
    ({ name, url }) => fallback !== 'off' || inDailyUse.includes(name) || localityOf(new URL(url)) !== 'remote',
  );
}

async function resolveReference(
  rung: Rung,
  reference: ModelReference,
  resolving: Resolving,
): Promise<Result<Candidate, EngineProblem>> {
  if (reference.endpoint === EMBEDDED_ENDPOINT) return resolveEmbedded(rung, resolving);
  const setting = endpointSettings(resolving.settings).find(({ name }) => name === reference.endpoint);
  if (!setting) return failure({ kind: 'endpointUnknown', endpoint: reference.endpoint });
  const connected = await resolving.needs.connect(setting, resolving.signal);
  if (!connected.ok) return connected;
  return describe(rung, { endpoint: connected.value, model: reference.model }, resolving);
}

async function describe(
  rung: Rung,
  { endpoint, model }: { endpoint: Endpoint; model: string },
  { needs, signal }: Resolving,
): Promise<Result<Candidate, EngineProblem>> {
  const described = await endpoint.backend.describeModel(model, { signal, grant: endpoint.contactGrant });
  if (!described.ok) return failure(problemOf(described.error, { endpoint, model: { name: model } }));
  const facts = described.value;
  if (rung === 'edge' && !needs.canFillInTheMiddle(facts)) {
    return failure({ kind: 'modelWithoutFim', endpoint: endpoint.name, model });
  }
  return success({ rung, endpoint, model: facts });
}

async function resolveWhatIsThere(rung: Rung, resolving: Resolving): Promise<Result<Candidate, EngineProblem>> {
  const ollama = endpointSettings(resolving.settings).find(({ name }) => name === OLLAMA_ENDPOINT) ?? DEFAULT_OLLAMA;
  const connected = await resolving.needs.connect(ollama, resolving.signal);
  if (connected.ok) {
    const found = await firstFitting(rung, connected.value, resolving);
    if (found) return success(found);
  }
  const embedded = await resolveEmbedded(rung, resolving);
  if (embedded.ok || embedded.error.kind !== 'embeddedAbsent') return embedded;
  // Nobody asked for the Ollama that is known without being named, so its absence is no fault of anyone's.
  const isNobodysFault = ollama === DEFAULT_OLLAMA && !connected.ok && connected.error.kind === 'serverNotRunning';
  return failure(connected.ok || isNobodysFault ? { kind: 'notSetUp' } : connected.error);
}

/** A model in memory first (no load, no swap), then the smallest: where nobody chose, the fastest answer wins. */
async function firstFitting(rung: Rung, endpoint: Endpoint, resolving: Resolving): Promise<Candidate | undefined> {
  const call = { signal: resolving.signal, grant: endpoint.contactGrant };
  const listed = await endpoint.backend.listModels(call);
  if (!listed.ok) return undefined;
  const local = listed.value.filter(model => !model.isRemote).sort(bySize);
  let smallest: Candidate | undefined;
  for (const { name } of local.slice(0, MODELS_DESCRIBED_MAX)) {
    const described = await describe(rung, { endpoint, model: name }, resolving);
    if (!described.ok || described.value.model.isRemote) continue;
    if (rung === 'workhorse' && described.value.model.capabilities.chat === false) continue;
    const residency = await endpoint.backend.residency(name, call);
    if (residency.ok && residency.value.state === 'resident') return described.value;
    smallest ??= described.value;
  }
  return smallest;
}

function bySize(a: ModelListing, b: ModelListing): number {
  return (a.sizeBytes ?? Number.MAX_SAFE_INTEGER) - (b.sizeBytes ?? Number.MAX_SAFE_INTEGER);
}

async function resolveEmbedded(rung: Rung, resolving: Resolving): Promise<Result<Candidate, EngineProblem>> {
  const { embedded, connect } = resolving.needs;
  const state = embedded.state();
  switch (state.kind) {
    case 'unusable':
      return failure(state.problem);
    case 'stopped':
      embedded.start();
      return failure({ kind: 'modelLoading', model: 'the built-in model', fraction: undefined });
    case 'starting':
      return failure({ kind: 'modelLoading', model: state.model, fraction: undefined });
    case 'ready': {
      const setting: EndpointSetting = { name: EMBEDDED_ENDPOINT, url: state.url, dialect: 'openai' };
      const connected = await connect(setting, resolving.signal);
      return connected.ok ? describe(rung, { endpoint: connected.value, model: state.model }, resolving) : connected;
    }
  }
}
