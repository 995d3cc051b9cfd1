import type { Backend, Dialect } from '../../src/backends/backend.ts';
import type { Flavor } from '../../src/backends/dialects.ts';
import type { Http } from '../../src/backends/http.ts';
import { createLlamaServerBackend } from '../../src/backends/llamaServer.ts';
import { createOllamaBackend } from '../../src/backends/ollama.ts';
import { createOpenAiBackend } from '../../src/backends/openAiCompatible.ts';
import { type Clock, systemClock } from '../../src/base/clock.ts';

export interface ServerUnderTest {
  readonly url: string;
  readonly dialect: Dialect;
  /** Which of the servers that speak OpenAI's protocol; vLLM unless told otherwise. */
  readonly flavor?: Flavor;
  readonly http: Http;
  readonly key?: string | undefined;
  readonly clock?: Clock;
  /** Told when a model of Ollama that no longer answered was unloaded. */
  readonly onHealed?: (model: string) => void;
}

/** The product's own backend for a server, with the settings that the product uses where nobody changed any. */
export function backendFor({
  url,
  dialect,
  flavor = 'vllm',
  http,
  key,
  clock = systemClock,
  onHealed,
}: ServerUnderTest): Backend {
  const shared = { http, clock, url, keyFor: async () => key };
  switch (dialect) {
    case 'ollama':
      return createOllamaBackend({
        ...shared,
        keepAliveMinutes: () => 5,
        runnerOptions: () => ({}),
        serverVersion: undefined,
        ...(onHealed && { onHealed }),
      });
    case 'openai':
      return createOpenAiBackend({ ...shared, flavor });
    case 'llama.cpp':
      return createLlamaServerBackend(shared);
  }
}
