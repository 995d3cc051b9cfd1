// What an engine itself says of its work. That a request was given up is proved here, never by the client alone.
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { EmbeddedClient } from '../support/embeddedEngine.ts';
import type { RealEngine } from '../support/realEngines.ts';

const POLL_MS = 10;
const PATIENCE_MS = 20_000;

export interface EngineWitness {
  /** Whether `busy` tells of a request already while its prompt is read. */
  readonly seesPrefill: boolean;
  /** Whether the tokens of a prompt that it reads count as generated ones. */
  readonly countsPrompts: boolean;
  /** Resolves as soon as the engine works on a request. */
  busy(): Promise<void>;
  /** Resolves as soon as it works on none. */
  idle(): Promise<void>;
  /**
   * How many tokens the engine generated for the requests that `work` makes. `probe` makes one more request, at the end, and
   * tells how many tokens were generated for that one; engines keep accounts of finished work only.
   */
  tokensGenerated(work: () => Promise<unknown>, probe: () => Promise<number>): Promise<number>;
}

export async function until(what: string, isSo: () => Promise<boolean> | boolean): Promise<void> {
  const deadlineMs = Date.now() + PATIENCE_MS;
  while (!(await isSo())) {
    if (Date.now() > deadlineMs) throw new Error(`not within ${PATIENCE_MS} ms: ${what}`);
    await pause(POLL_MS);
  }
}

/** vLLM keeps a gauge and a counter, both brought up to date after each step; a prompt is read in one. */
export function vllmWitness(engine: RealEngine): EngineWitness {
  const running = async () => metric(await metricsText(engine), 'vllm:num_requests_running');
  const total = async () => metric(await metricsText(engine), 'vllm:generation_tokens_total');
  return countingWitness('vLLM', { seesPrefill: false, running, total });
}

/** llama-server counts the tokens of an answer when it lets go of it, given up or not. */
export function llamaServerWitness(engine: RealEngine): EngineWitness {
  const running = async () => metric(await metricsText(engine), 'llamacpp:requests_processing');
  const total = async () => metric(await metricsText(engine), 'llamacpp:tokens_predicted_total');
  return countingWitness('llama-server', { seesPrefill: true, running, total });
}

/** The embedded engine tells the tokens that it evaluated, of prompts and answers alike. */
export function embeddedWitness(client: EmbeddedClient): EngineWitness {
  return countingWitness('the embedded engine', {
    seesPrefill: true,
    countsPrompts: true,
    running: async () => ((await client.work()).isBusy ? 1 : 0),
    total: async () => (await client.work()).evaluatedTokens,
  });
}

interface Counters {
  readonly seesPrefill: boolean;
  readonly countsPrompts?: true;
  readonly running: () => Promise<number>;
  readonly total: () => Promise<number>;
}

function countingWitness(name: string, { seesPrefill, countsPrompts, running, total }: Counters): EngineWitness {
  const idle = () => until(`${name} is idle`, async () => (await running()) === 0);
  return {
    seesPrefill,
    countsPrompts: countsPrompts ?? false,
    busy: () => until(`${name} works`, async () => (await running()) > 0),
    idle,
    async tokensGenerated(work, probe) {
      const before = await total();
      await work();
      const own = await probe();
      await idle();
      return (await total()) - before - own;
    },
  };
}

async function metricsText({ url, key }: RealEngine): Promise<string> {
  const reply = await fetch(`${url}/metrics`, { ...(key && { headers: { authorization: `Bearer ${key}` } }) });
  return reply.text();
}

/** The sum over all labels. */
function metric(text: string, name: string): number {
  const lines = text.split('\n').filter(line => line.startsWith(`${name}{`) || line.startsWith(`${name} `));
  if (lines.length === 0) throw new Error(`the engine has no metric ${name}`);
  return lines.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

const OLLAMA_BEGAN = 'msg="loading cache slot"';
const OLLAMA_ENDED = /\[GIN\].*POST +"\/api\/(generate|chat)"/g;

/**
 * Ollama keeps no account but its debug log. When the runner takes up a request, a line tells how many tokens it still holds
 * of the request before, prompt and answer together; another line comes when the answer to the client is over.
 */
export function ollamaWitness(log: string): EngineWitness {
  const read = () => readFileSync(log, 'utf8');
  const isWorking = () => {
    const text = read();
    const ended = [...text.matchAll(OLLAMA_ENDED)].at(-1)?.index ?? -1;
    return text.lastIndexOf(OLLAMA_BEGAN) > ended;
  };
  return {
    seesPrefill: true,
    countsPrompts: false,
    busy: () => until('Ollama works', isWorking),
    idle: () => until('Ollama is idle', () => !isWorking()),
    async tokensGenerated(work, probe) {
      const from = read().length;
      await work();
      await probe();
      const slots = [
        ...read()
          .slice(from)
          .matchAll(/msg="loading cache slot" id=\d+ cache=(\d+) prompt=(\d+)/g),
      ];
      const probed = slots.at(-1);
      if (!probed) throw new Error('Ollama logged no cache slot; was it started with OLLAMA_DEBUG=1?');
      // A request that was given up early enough never reached the runner.
      const [, , promptTokens] = slots.at(-2) ?? [];
      const [, heldTokens] = probed;
      return promptTokens === undefined ? 0 : Math.max(0, Number(heldTokens) - Number(promptTokens));
    },
  };
}
