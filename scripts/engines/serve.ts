// node scripts/engines/serve.ts ollama|llama-server|vllm [flag or NAME=VALUE of the server]…
// Sets the engine up where that was not done yet, starts it on a free port of 127.0.0.1 with the tiny model, one thread and
// a home of its own, prints {"url","model","key","pid","log"}, and ends when its standard input does. MINNOW_OLLAMA_BIN names an
// installed Ollama to run instead of one from the cache.
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { answers, freePort, type KeptServer, keep, makeHome, type RunningEngine, startServer } from './keeper.ts';
import { setUpLlamaServer } from './llamaServer.ts';
import { setUpOllama } from './ollama.ts';
import {
  TINY_MODEL_CONTEXT_TOKENS,
  TINY_MODEL_FOLDER,
  TINY_MODEL_GGUF,
  TINY_MODEL_NAME,
  TINY_MODEL_OLLAMA,
} from './tinyModel.ts';
import { setUpVllm } from './vllm.ts';
import { SetupError } from './workshop.ts';

const TEST_KEY = 'sk-minnow-test';

interface Extra {
  readonly flags: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

const STARTERS: Record<string, (extra: Extra) => Promise<{ server: KeptServer; engine: RunningEngine }>> = {
  ollama: startOllama,
  'llama-server': startLlamaServer,
  vllm: startVllm,
};

async function startOllama(extra: Extra) {
  const command = process.env.MINNOW_OLLAMA_BIN ?? (await setUpOllama());
  const home = makeHome();
  const server = await startServer({
    name: 'Ollama',
    command,
    args: ['serve', ...extra.flags],
    home,
    readyMs: 20_000,
    env: {
      // The kernel picks the port; the address is read from the log.
      OLLAMA_HOST: '127.0.0.1:0',
      OLLAMA_MODELS: join(home, 'models'),
      // Only the debug log tells which part of a prompt was cached.
      OLLAMA_DEBUG: '1',
      // It would ask its maker's servers for news otherwise.
      OLLAMA_NO_CLOUD: '1',
      OLLAMA_NOPRUNE: '1',
      ...extra.env,
    },
    probe: async log => {
      const address = /msg="Listening on ([\d.]+:\d+) /.exec(log)?.[1];
      return address && (await answers(`http://${address}/api/version`)) ? `http://${address}` : undefined;
    },
  });
  await createTinyModel(server.url);
  return { server, engine: { url: server.url, model: TINY_MODEL_NAME, pid: server.pid, log: server.log } };
}

async function createTinyModel(url: string): Promise<void> {
  const digest = `sha256:${createHash('sha256').update(readFileSync(TINY_MODEL_GGUF)).digest('hex')}`;
  const upload = await fetch(`${url}/api/blobs/${digest}`, {
    method: 'POST',
    body: createReadStream(TINY_MODEL_GGUF),
    duplex: 'half',
    headers: { 'content-length': String(statSync(TINY_MODEL_GGUF).size) },
  });
  if (!upload.ok) throw new SetupError(`Ollama did not take the model file: ${upload.status}`);
  const body = { model: TINY_MODEL_NAME, files: { 'tiny.gguf': digest }, ...TINY_MODEL_OLLAMA };
  const created = await fetch(`${url}/api/create`, { method: 'POST', body: JSON.stringify(body) });
  const lines = await created.text();
  // Its errors come as a line too, with status 200.
  if (!lines.includes('"status":"success"')) throw new SetupError(`Ollama did not make the model: ${lines}`);
}

async function startLlamaServer(extra: Extra) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const slots = 2;
  const server = await startServer({
    name: 'llama-server',
    command: await setUpLlamaServer(),
    args: [
      ...['--model', TINY_MODEL_GGUF, '--alias', TINY_MODEL_NAME, '--host', '127.0.0.1', '--port', String(port)],
      ...['--ctx-size', String(TINY_MODEL_CONTEXT_TOKENS * slots), '--parallel', String(slots)],
      // A batch well below the context, or /infill has no room for other files and drops them without a word.
      ...['--batch-size', '512', '--threads', '1', '--threads-batch', '1', '--offline', '--slots', '--metrics'],
      ...extra.flags,
    ],
    env: { LLAMA_API_KEY: TEST_KEY, ...extra.env },
    home: makeHome(),
    readyMs: 30_000,
    probe: async () => ((await answers(`${url}/health`)) ? url : undefined),
  });
  return { server, engine: { url, model: TINY_MODEL_NAME, key: TEST_KEY, pid: server.pid, log: server.log } };
}

async function startVllm(extra: Extra) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const server = await startServer({
    name: 'vLLM',
    command: await setUpVllm(),
    args: [
      ...['-m', 'vllm.entrypoints.cli.main', 'serve', TINY_MODEL_FOLDER, '--served-model-name', TINY_MODEL_NAME],
      ...['--host', '127.0.0.1', '--port', String(port), '--max-model-len', String(TINY_MODEL_CONTEXT_TOKENS)],
      // 16, the usual block size, is refused on CPUs; eager, because compiling takes longer than all tests.
      ...['--dtype', 'float32', '--max-num-seqs', '8', '--block-size', '32', '--enforce-eager'],
      ...['--enable-prompt-tokens-details', '--enable-per-request-metrics'],
      ...extra.flags,
    ],
    home: makeHome(),
    readyMs: 240_000,
    env: {
      VLLM_API_KEY: TEST_KEY,
      VLLM_TARGET_DEVICE: 'cpu',
      VLLM_CPU_KVCACHE_SPACE: '1',
      VLLM_CPU_OMP_THREADS_BIND: 'nobind',
      OMP_NUM_THREADS: '1',
      // The first request for log-probabilities would compile for half a minute.
      TORCHDYNAMO_DISABLE: '1',
      VLLM_HOST_IP: '127.0.0.1',
      VLLM_NO_USAGE_STATS: '1',
      DO_NOT_TRACK: '1',
      HF_HUB_OFFLINE: '1',
      ...extra.env,
    },
    probe: async () => ((await answers(`${url}/health`)) ? url : undefined),
  });
  return { server, engine: { url, model: TINY_MODEL_NAME, key: TEST_KEY, pid: server.pid, log: server.log } };
}

function parseExtra(words: readonly string[]): Extra {
  const isSetting = (word: string) => /^[A-Z][A-Z0-9_]*=/.test(word);
  const settings = words.filter(isSetting).map(word => {
    const at = word.indexOf('=');
    return [word.slice(0, at), word.slice(at + 1)] as const;
  });
  return { flags: words.filter(word => !isSetting(word)), env: Object.fromEntries(settings) };
}

const [name = '', ...words] = process.argv.slice(2);
const start = STARTERS[name];
if (!start) {
  process.stderr.write(`usage: node serve.ts ${Object.keys(STARTERS).join('|')} [flag or NAME=VALUE]…\n`);
  process.exit(2);
}
try {
  const { server, engine } = await start(parseExtra(words));
  await keep(server, engine);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  process.stderr.write(`engines: ${error.message}\n`);
  process.exitCode = 1;
}
