import type { Backend } from '../backends/backend.ts';
import type { Http } from '../backends/http.ts';
import { createLlamaServerBackend } from '../backends/llamaServer.ts';
import { createOllamaBackend } from '../backends/ollama.ts';
import { createOpenAiBackend } from '../backends/openAiCompatible.ts';
import { localityOf } from '../backends/permit.ts';
import type { KeyFor } from '../backends/server.ts';
import type { Clock } from '../base/clock.ts';
import { failure, type Result, success } from '../base/result.ts';
import type { Endpoint, EngineProblem } from '../routing/endpoint.ts';
import { problemOf } from '../routing/engineProblem.ts';
import type { PrivacyPolicy } from '../routing/privacyPolicy.ts';
import type { EndpointSetting } from '../settings/settings.ts';
import { type DetectedServer, detectDialect } from './detect.ts';

export interface ConnectNeeds {
  readonly http: Http;
  readonly clock: Clock;
  readonly keyFor: KeyFor;
  readonly policy: PrivacyPolicy;
  readonly keepAliveMinutes: () => number;
  /** A model of Ollama that no longer answered was unloaded and is asked again. */
  readonly onHealed: (model: string) => void;
}

export type Connect = (setting: EndpointSetting, signal: AbortSignal) => Promise<Result<Endpoint, EngineProblem>>;

/** From an address to an endpoint that can be asked: found out by asking it, without any user code. */
export function createConnect(needs: ConnectNeeds): Connect {
  const backends = new KnownBackends(needs);
  return async (setting, signal) => {
    const { origin } = new URL(setting.url);
    const locality = localityOf(new URL(setting.url));
    const decision = needs.policy.decideContact(origin, locality);
    if (!decision.allowed) return failure({ kind: 'notPermitted', endpoint: setting.name, origin });
    const contactGrant = decision.grant;
    const detection = await detectDialect(setting, needs, { signal, grant: contactGrant });
    switch (detection.kind) {
      case 'found':
        return success({
          name: setting.name,
          origin,
          locality,
          backend: backends.backendFor(detection.server),
          contactGrant,
          setting,
        });
      case 'wrongPath':
        return failure({
          kind: 'notAnApi',
          endpoint: setting.name,
          url: setting.url,
          detail: `a model server is at ${detection.suggestedUrl}`,
        });
      case 'failed':
        return failure(
          problemOf(detection.error, { endpoint: { name: setting.name, origin, setting }, model: NO_MODEL }),
        );
    }
  };
}

/** Detection asks for no model, so none of its errors is about one. */
const NO_MODEL = { name: '' };

/** Without runner options of ours: an Ollama model then stays loaded as other programs use it (invariant 14). */
const OLLAMA_DEFAULTS = {};

/** More servers than anybody names in the settings; the one that was found least lately is forgotten. */
const BACKENDS_KEPT = 16;

/**
 * A server that is found again keeps its backend, and with it what was learned by talking to it. One that was replaced by
 * another program or version behind the same address gets a new one.
 */
class KnownBackends {
  readonly #needs: ConnectNeeds;
  readonly #known = new Map<string, Backend>();

  constructor(needs: ConnectNeeds) {
    this.#needs = needs;
  }

  backendFor(server: DetectedServer): Backend {
    const identity = JSON.stringify([server.dialect, server.flavor, server.url, server.version]);
    const backend = this.#known.get(identity) ?? backendFor(server, this.#needs);
    this.#known.delete(identity);
    this.#known.set(identity, backend);
    for (const oldest of this.#known.keys()) {
      if (this.#known.size <= BACKENDS_KEPT) break;
      this.#known.delete(oldest);
    }
    return backend;
  }
}

function backendFor({ dialect, flavor, url, version }: DetectedServer, needs: ConnectNeeds): Backend {
  switch (dialect) {
    case 'ollama':
      return createOllamaBackend({ ...needs, url, serverVersion: version, runnerOptions: () => OLLAMA_DEFAULTS });
    case 'openai':
      return createOpenAiBackend({ ...needs, url, flavor });
    case 'llama.cpp':
      return createLlamaServerBackend({ ...needs, url });
  }
}
