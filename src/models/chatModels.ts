import type { Candidate } from '../routing/endpoint.ts';
import { EMBEDDED_ENDPOINT } from '../settings/settings.ts';
import { contactableEndpoints, type Resolving } from './rungResolver.ts';

/** Of one endpoint, how many models are described, one request each. */
const MODELS_DESCRIBED_MAX = 24;

/**
 * Every model that can chat, of every endpoint that answers; the built-in engine last. A server that does not answer is
 * left out here: its state is told elsewhere.
 */
export async function listChatModels(resolving: Resolving): Promise<readonly Candidate[]> {
  const { settings, needs, signal } = resolving;
  const embedded = needs.embedded.state();
  const builtIn = {
    name: EMBEDDED_ENDPOINT,
    url: embedded.kind === 'ready' ? embedded.url : '',
    dialect: 'openai',
  } as const;
  const endpoints = [...contactableEndpoints(settings), ...(embedded.kind === 'ready' ? [builtIn] : [])];
  const found = await Promise.all(
    endpoints.map(async setting => {
      const connected = await needs.connect(setting, signal);
      if (!connected.ok) return [];
      const endpoint = connected.value;
      const call = { signal, grant: endpoint.contactGrant };
      const listed = await endpoint.backend.listModels(call);
      const candidates: Candidate[] = [];
      for (const { name } of listed.ok ? listed.value.slice(0, MODELS_DESCRIBED_MAX) : []) {
        const described = await endpoint.backend.describeModel(name, call);
        if (described.ok && described.value.capabilities.chat !== false) {
          candidates.push({ rung: 'workhorse', endpoint, model: described.value });
        }
      }
      return candidates;
    }),
  );
  return found.flat();
}
