import type { ServerResponse } from 'node:http';
import type { GeneratedToken, GenerationPart } from './generation.ts';
import type { AnswerOptions } from './requestBodies.ts';
import {
  type AnswerHead,
  errorBody,
  finishEvent,
  generationErrorBody,
  textEvent,
  usageEvent,
  wholeBody,
} from './responseBodies.ts';

export interface Delivery {
  readonly parts: AsyncIterable<GenerationPart>;
  readonly response: ServerResponse;
  readonly head: AnswerHead;
  readonly options: AnswerOptions;
}

/** Writes an answer as it comes, or whole. When the reader is gone the parts end by themselves and nothing more is written. */
export async function sendAnswer(delivery: Delivery): Promise<void> {
  if (delivery.options.stream) await stream(delivery);
  else await sendWhole(delivery);
}

async function sendWhole({ parts, response, head, options }: Delivery): Promise<void> {
  let text = '';
  const tokens: GeneratedToken[] = [];
  for await (const part of parts) {
    if (part.type === 'text') {
      text += part.text;
      tokens.push(...part.tokens);
    } else if (part.type === 'finish') {
      const answer = { text, tokens, reason: part.reason, figures: part.figures };
      sendJson(response, 200, wholeBody(head, answer, options.withLogprobs));
    } else {
      const { status, body } = generationErrorBody(part.error);
      sendJson(response, status, body);
    }
  }
}

/** The status line waits for the first part, so that a prompt that does not fit is an error status and not an event. */
async function stream({ parts, response, head, options }: Delivery): Promise<void> {
  const send = (event: object) => {
    if (!response.headersSent) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-cache' });
    }
    response.write(`data: ${JSON.stringify(event)}\n\n`);
  };
  for await (const part of parts) {
    switch (part.type) {
      case 'text':
        send(textEvent(head, part.text, options.withLogprobs ? part.tokens : undefined));
        break;
      case 'finish':
        send(finishEvent(head, part.reason, part.figures));
        if (options.includeUsage) send(usageEvent(head, part.figures));
        response.end('data: [DONE]\n\n');
        break;
      case 'failed':
        if (!response.headersSent) {
          const { status, body } = generationErrorBody(part.error);
          sendJson(response, status, body);
        } else {
          send(errorBody(500, 'server_error', 'the engine failed while answering').body);
          response.end('data: [DONE]\n\n');
        }
        break;
    }
  }
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}
