import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EMULATED_MODEL, emulatedFacts } from './engineBackend.ts';
import type { EngineRequest, SlotEngine } from './slotEngine.ts';

/** openai: as vLLM speaks, cached tokens reported. ollama: its native API, cached tokens not told. */
export type ServerDialect = 'openai' | 'ollama';

export interface EngineServer {
  readonly url: string;
  close(): Promise<void>;
}

type Handler = (body: Record<string, unknown>, response: ServerResponse) => void | Promise<void>;

/** The emulated engine over real sockets, for a real editor. The engine must run on the system's clock. */
export async function startEngineServer(engine: SlotEngine, dialect: ServerDialect): Promise<EngineServer> {
  const routes = dialect === 'openai' ? openAiRoutes(engine) : ollamaRoutes(engine);
  const server = createServer((request, response) => {
    const route = routes[`${request.method} ${request.url}`];
    if (!route) return sendJson(response, { detail: 'Not Found' }, 404);
    void readBody(request).then(body => route(body, response));
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close() {
      server.closeAllConnections();
      return new Promise(resolve => {
        server.close(() => resolve());
      });
    },
  };
}

function openAiRoutes(engine: SlotEngine): Record<string, Handler> {
  const model = { id: EMULATED_MODEL, object: 'model', owned_by: 'vllm', max_model_len: emulatedFacts.contextTokens };
  return {
    'GET /health': (_body, response) => void response.writeHead(200).end(),
    'GET /version': (_body, response) => sendJson(response, { version: '0.32.0' }),
    'GET /v1/models': (_body, response) => sendJson(response, { object: 'list', data: [model] }),
    async 'POST /v1/completions'(body, response) {
      const streamed = body.stream === true;
      const chunk = (choices: object[], more: object = {}) =>
        `data: ${JSON.stringify({ id: 'cmpl-1', object: 'text_completion', model: EMULATED_MODEL, choices, ...more })}\n\n`;
      if (streamed) response.writeHead(200, { 'content-type': 'text/event-stream' });
      const { request, text } = await answer(engine, response, {
        ...readRequest(body, body.max_tokens, body.stop),
        onText: streamed
          ? (piece, logprobs) =>
              response.write(
                chunk([{ index: 0, text: piece, finish_reason: null, ...(body.logprobs ? given(logprobs) : {}) }]),
              )
          : undefined,
      });
      if (request.end === 'aborted') return;
      const usage = usageOf(request);
      const last = { index: 0, text: streamed ? '' : text, finish_reason: request.end };
      if (!streamed) return sendJson(response, { object: 'text_completion', choices: [last], usage });
      response.end(`${chunk([last])}${chunk([], { usage })}data: [DONE]\n\n`);
    },
  };
}

function given(logprobs: readonly number[]) {
  return logprobs.length > 0 ? { logprobs: { token_logprobs: logprobs } } : {};
}

function usageOf(request: EngineRequest) {
  return {
    prompt_tokens: request.promptTokens,
    completion_tokens: request.tokenTimesMs.length,
    total_tokens: request.promptTokens + request.tokenTimesMs.length,
    prompt_tokens_details: { cached_tokens: request.cachedTokens },
  };
}

function ollamaRoutes(engine: SlotEngine): Record<string, Handler> {
  const details = { format: 'gguf', family: 'qwen2', parameter_size: '1.5B', quantization_level: 'Q4_K_M' };
  const listing = {
    name: EMULATED_MODEL,
    model: EMULATED_MODEL,
    size: emulatedFacts.sizeBytes,
    digest: 'd'.repeat(64),
    details,
  };
  const running = {
    ...listing,
    size_vram: emulatedFacts.sizeBytes,
    context_length: emulatedFacts.contextTokens,
    expires_at: '2099-01-01T00:00:00Z',
  };
  return {
    'GET /': (_body, response) => void response.writeHead(200).end('Ollama is running'),
    'HEAD /': (_body, response) => void response.writeHead(200).end(),
    'GET /api/version': (_body, response) => sendJson(response, { version: '0.24.0' }),
    'GET /api/tags': (_body, response) => sendJson(response, { models: [listing] }),
    'GET /api/ps': (_body, response) => sendJson(response, { models: [running] }),
    'POST /api/show': (_body, response) =>
      sendJson(response, {
        details,
        template: '{{- if .Suffix }}<|fim_prefix|>{{ .Prompt }}<|fim_suffix|>{{ .Suffix }}<|fim_middle|>{{ end }}',
        capabilities: ['completion', 'insert'],
        model_info: {
          'general.architecture': 'qwen2',
          'general.basename': 'Qwen2.5-Coder',
          'qwen2.context_length': emulatedFacts.trainedContextTokens,
        },
      }),
    'POST /api/generate': (body, response) => ollamaGenerate(engine, body, response),
  };
}

async function ollamaGenerate(engine: SlotEngine, body: Record<string, unknown>, response: ServerResponse) {
  const common = { model: EMULATED_MODEL, created_at: new Date().toISOString() };
  if (!body.prompt) return sendJson(response, { ...common, response: '', done: true, done_reason: 'load' });
  const streamed = body.stream !== false;
  const settings = (body.options ?? {}) as Record<string, unknown>;
  const line = (part: object) => `${JSON.stringify({ ...common, ...part })}\n`;
  const { request, text } = await answer(engine, response, {
    ...readRequest(withSuffix(body), settings.num_predict, settings.stop),
    // Ollama sends its headers with the first token, and not before.
    onText: streamed ? piece => response.write(line({ response: piece, done: false })) : undefined,
  });
  if (request.end === 'aborted') return;
  const { startedAtMs = request.arrivedAtMs, endedAtMs = startedAtMs } = request;
  const firstAtMs = request.tokenTimesMs[0] ?? endedAtMs;
  response.end(
    line({
      response: streamed ? '' : text,
      done: true,
      done_reason: request.end,
      total_duration: Math.round((endedAtMs - request.arrivedAtMs) * 1e6),
      load_duration: 0,
      prompt_eval_count: request.promptTokens,
      prompt_eval_duration: Math.round((firstAtMs - startedAtMs) * 1e6),
      eval_count: request.tokenTimesMs.length,
      eval_duration: Math.round((endedAtMs - firstAtMs) * 1e6),
    }),
  );
}

/** The server's own template, for clients that leave the markers to it. */
function withSuffix(body: Record<string, unknown>): Record<string, unknown> {
  if (!body.suffix || body.raw === true) return body;
  return { ...body, prompt: `<|fim_prefix|>${body.prompt}<|fim_suffix|>${body.suffix}<|fim_middle|>` };
}

interface Asked {
  readonly prompt: string;
  readonly maxTokens: number;
  readonly stop: readonly string[];
  readonly onText: ((piece: string, logprobs: readonly number[]) => void) | undefined;
}

function readRequest(body: Record<string, unknown>, maxTokens: unknown, stop: unknown): Omit<Asked, 'onText'> {
  return {
    prompt: String(body.prompt ?? ''),
    maxTokens: typeof maxTokens === 'number' && maxTokens > 0 ? maxTokens : 16,
    stop: Array.isArray(stop) ? stop.map(String) : typeof stop === 'string' ? [stop] : [],
  };
}

/** Runs one request; when the client closes its socket, that is the abort. */
async function answer(engine: SlotEngine, response: ServerResponse, asked: Asked) {
  const left = new AbortController();
  response.once('close', () => left.abort());
  let text = '';
  const request = await engine.submit({
    ...asked,
    delivery: asked.onText ? 'streamed' : 'whole',
    signal: left.signal,
    onText(piece, logprobs) {
      text += piece;
      if (!left.signal.aborted) asked.onText?.(piece, logprobs);
    },
  });
  return { request, text };
}

async function readBody(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString('utf8');
  return text === '' ? {} : JSON.parse(text);
}

function sendJson(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
