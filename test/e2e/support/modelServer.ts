import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';

/** A coder's name that the table of families knows, for a server that says no more of its models than their names. */
export const CODER = 'qwen2.5-coder-1.5b';

/** What a completion request is answered with. hang: the beginning, then nothing until the client has had enough. */
export type Reply =
  | { readonly text: string; readonly ending?: 'orderly' | 'hang' }
  | { readonly status: number; readonly body: object };

export interface ModelServer extends AsyncDisposable {
  readonly url: string;
  /** Of every completion request, in order. */
  readonly prompts: readonly string[];
  /** How many completion requests the client has ended before their answer was whole. */
  readonly aborts: number;
  /** Decides each answer by the text before the cursor; may be replaced at any time. */
  reply: (textBefore: string) => Reply;
  /** What chat is answered with, piece by piece; a pause stands between two pieces. Without an end, until the client goes. */
  chat: () => { readonly pieces: Iterable<string>; readonly pauseMs: number };
  /** When pieces of chat went out and when clients left, in milliseconds since 1970. */
  readonly chatLog: { readonly kind: 'piece' | 'gone'; readonly atMs: number }[];
}

type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Speaks OpenAI's protocol the way vLLM does, and says what it is told to. */
export async function startModelServer(): Promise<ModelServer> {
  const prompts: string[] = [];
  let aborts = 0;
  const chatLog: ModelServer['chatLog'] = [];
  const http = await listen({
    async 'POST /v1/chat/completions'(request, response) {
      await readText(request);
      let isHere = true;
      response.once('close', () => {
        isHere = false;
        if (!response.writableEnded) chatLog.push({ kind: 'gone', atMs: Date.now() });
      });
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      const { pieces, pauseMs } = server.chat();
      let count = 0;
      for (const content of pieces) {
        if (!isHere) return;
        chatLog.push({ kind: 'piece', atMs: Date.now() });
        response.write(event({ choices: [{ index: 0, delta: { content }, finish_reason: null }] }));
        count++;
        await pause(pauseMs);
      }
      const usage = { prompt_tokens: 20, completion_tokens: count, total_tokens: 20 + count };
      response.write(event({ choices: [{ index: 0, delta: {}, finish_reason: 'stop' }] }));
      response.end(`${event({ choices: [], usage })}data: [DONE]\n\n`);
    },
    'GET /version': (_, response) => sendJson(response, { version: '0.32.0' }),
    'GET /v1/models': (_, response) =>
      sendJson(response, { data: [{ id: CODER, object: 'model', owned_by: 'vllm', max_model_len: 4096 }] }),
    async 'POST /v1/completions'(request, response) {
      const { prompt } = JSON.parse(await readText(request));
      prompts.push(prompt);
      response.once('close', () => {
        if (!response.writableEnded) aborts++;
      });
      const reply = server.reply(textBeforeCursor(prompt));
      if ('status' in reply) return sendJson(response, reply.body, reply.status);
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      if (reply.text !== '') response.write(event({ choices: [{ index: 0, text: reply.text, finish_reason: null }] }));
      if (reply.ending === 'hang') return;
      // A token takes a while even on a fast machine.
      await pause(5);
      const usage = { prompt_tokens: 20, completion_tokens: 5, total_tokens: 25 };
      response.write(event({ choices: [{ index: 0, text: '', finish_reason: 'stop' }] }));
      response.end(`${event({ choices: [], usage })}data: [DONE]\n\n`);
    },
  });
  const server: ModelServer = {
    ...http,
    chatLog,
    chat: () => ({ pieces: ['Hello.'], pauseMs: 1 }),
    prompts,
    get aborts() {
      return aborts;
    },
    reply: () => ({ text: '' }),
  };
  return server;
}

/** What was typed since a prompt was first sent stands behind its last marker, so that the server can reuse the rest. */
function textBeforeCursor(prompt: string): string {
  const [, prefix = '', , typed = ''] =
    /<\|fim_prefix\|>(.*?)<\|fim_suffix\|>(.*?)<\|fim_middle\|>(.*)$/s.exec(prompt) ?? [];
  return prefix + typed;
}

async function listen(routes: Record<string, Handler>): Promise<{ readonly url: string } & AsyncDisposable> {
  const server = createServer((request, response) => {
    const handler = routes[`${request.method} ${request.url}`];
    if (handler) void handler(request, response);
    else sendJson(response, { detail: 'Not Found' }, 404);
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

function event(data: object): string {
  return `data: ${JSON.stringify({ id: 'cmpl-1', object: 'text_completion', model: CODER, ...data })}\n\n`;
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

function sendJson(response: ServerResponse, body: object, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
