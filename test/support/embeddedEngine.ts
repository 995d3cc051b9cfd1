// The real embedded engine for tests: bundles it where its native part is installed, and says why not elsewhere.
import { resolve } from 'node:path';
import { build } from 'esbuild';
import { embeddedTarget, ensureEmbedded, isEmbeddedInstalled } from '../../scripts/embedded.mjs';
import { systemClock } from '../../src/base/clock.ts';
import { silentLogger } from '../../src/base/logger.ts';
import {
  createEmbeddedSupervisor,
  type EmbeddedChoice,
  type EmbeddedState,
  type EmbeddedSupervisor,
} from '../../src/embedded/supervisor.ts';

const root = resolve(import.meta.dirname, '../..');
export const SERVER_FILE = resolve(root, 'dist/embedded/server.mjs');
export const TINY_MODEL = resolve(root, 'media/models/minnow-tiny/minnow-tiny-q8_0.gguf');

/** Undefined when the engine can be tested. Where all engines are asked for, it is installed rather than skipped. */
export function whyNoEmbeddedEngine(): string | undefined {
  if (isEmbeddedInstalled()) return undefined;
  if (process.env.MINNOW_REAL_ENGINES === 'all' && ensureEmbedded()) return undefined;
  return 'the embedded engine is not installed here (node scripts/embedded.mjs installs it)';
}

export async function bundleEmbeddedEngine(): Promise<void> {
  const target = embeddedTarget();
  if (!target) throw new Error('the embedded engine is not installed');
  await build({ ...target, bundle: true, logLevel: 'error' });
}

export type ReadyEngine = Extract<EmbeddedState, { kind: 'ready' }>;

export function superviseEmbedded(choice: Partial<EmbeddedChoice> = {}): EmbeddedSupervisor {
  return createEmbeddedSupervisor({
    clock: systemClock,
    logger: silentLogger,
    serverFile: SERVER_FILE,
    defaultModelPath: TINY_MODEL,
    choice: { modelPath: '', contextTokens: 2048, threads: 1, ...choice },
  });
}

export async function startEmbedded(choice: Partial<EmbeddedChoice> = {}): Promise<{
  supervisor: EmbeddedSupervisor;
  engine: ReadyEngine;
}> {
  const supervisor = superviseEmbedded(choice);
  const state = await supervisor.start(new AbortController().signal);
  if (state.kind !== 'ready') throw new Error(`the embedded engine is ${JSON.stringify(state)}`);
  return { supervisor, engine: state };
}

/** Asks the engine as any client would. */
export class EmbeddedClient {
  readonly #engine: ReadyEngine;

  constructor(engine: ReadyEngine) {
    this.#engine = engine;
  }

  post(path: string, body: object, signal?: AbortSignal): Promise<Response> {
    return fetch(this.#engine.url + path, {
      method: 'POST',
      headers: { authorization: `Bearer ${this.#engine.token}`, 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...(signal ? { signal } : {}),
    });
  }

  async get(path: string): Promise<unknown> {
    const response = await fetch(this.#engine.url + path, {
      headers: { authorization: `Bearer ${this.#engine.token}` },
    });
    return response.json();
  }

  async complete(prompt: string, more: object = {}): Promise<EmbeddedAnswer> {
    const response = await this.post('/v1/completions', { prompt, max_tokens: 40, temperature: 0, ...more });
    return (await response.json()) as EmbeddedAnswer;
  }

  async work(): Promise<{ isBusy: boolean; evaluatedTokens: number; busyMs: number }> {
    const { work } = (await this.get('/health')) as {
      work: { isBusy: boolean; evaluatedTokens: number; busyMs: number };
    };
    return work;
  }
}

export interface EmbeddedAnswer {
  readonly choices: readonly { readonly text: string; readonly finish_reason: string }[];
  readonly usage: {
    readonly prompt_tokens: number;
    readonly completion_tokens: number;
    readonly prompt_tokens_details: { readonly cached_tokens: number };
  };
  readonly timings: {
    readonly prompt_ms: number;
    readonly predicted_ms: number;
    readonly queue_ms: number;
    readonly draft_n: number;
    readonly draft_n_accepted: number;
  };
}
