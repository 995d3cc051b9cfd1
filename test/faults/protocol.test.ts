// Faults of what a server says: F18 to F36 of the matrix, as far as a backend alone meets them.
import { gzipSync } from 'node:zlib';
import { describe, expect } from 'vitest';
import { chunk, chunkedHead, head, json, lastChunk, whole } from '../support/httpBytes.ts';
import type { Script, Step } from '../support/scriptedServer.ts';
import { expectFailure, expectFinish, FADING, faultRow } from './faultRow.ts';
import { answerOf, STREAMED, WHOLE, type Wire } from './wire.ts';

const EVERY = [...STREAMED, ...WHOLE];
const EVENTS = STREAMED.filter(wire => wire.dialect !== 'ollama');
const LINES = STREAMED.filter(wire => wire.dialect === 'ollama');
const OLLAMA = EVERY.filter(wire => wire.dialect === 'ollama');
const OPENAI = EVERY.filter(wire => wire.dialect !== 'ollama' && wire.ask !== 'fim');

/** A streamed answer with this body, in one chunk for each part. */
function stream(wire: Wire, ...body: readonly (string | Uint8Array)[]): Script {
  return [chunkedHead(wire.contentType), ...body.map(part => chunk(part)), lastChunk];
}

describe('pieces', () => {
  faultRow('F18 an event that comes in two parts', STREAMED, {
    answer: wire => {
      const piece = wire.piece('one;');
      return stream(wire, piece.slice(0, 9), piece.slice(9), wire.ending());
    },
    check: outcome => expectFinish(outcome, 'stop', 'one;'),
  });

  faultRow('F18 an event that is cut off by the end', STREAMED, {
    answer: wire => stream(wire, wire.piece('one;'), wire.piece('two;').slice(0, 20)),
    check: outcome => {
      expect(outcome.text).toBe('one;');
      expect(outcome.end, 'not taken for a finished answer').not.toMatchObject({ reason: 'stop' });
    },
  });

  faultRow('F19 every byte in a segment of its own', STREAMED, {
    answer: wire => {
      const body = Buffer.from(wire.piece('naïve 🐟 ') + wire.piece('two;') + wire.ending());
      return stream(wire, ...Array.from(body, byte => Uint8Array.of(byte)));
    },
    check: outcome => expectFinish(outcome, 'stop', 'naïve 🐟 two;'),
  });

  faultRow('F19 the whole answer, its head included, in one segment', STREAMED, {
    answer: wire => [{ send: Buffer.concat(answerOf(wire, ['one;', 'two;']).map(bytesOf)) }],
    check: outcome => expectFinish(outcome, 'stop', 'one;two;'),
  });

  faultRow('F20 bytes that are not UTF-8', STREAMED, {
    answer: wire => {
      const [before = '', after = ''] = wire.piece('a@b').split('@');
      return stream(wire, Buffer.concat([Buffer.from(before), Buffer.of(0xff), Buffer.from(after)]), wire.ending());
    },
    check: outcome => expectFinish(outcome, 'stop', 'a\ufffdb'),
  });

  faultRow('F21 one event without end', STREAMED, {
    answer: wire => [chunkedHead(wire.contentType), chunk(wire.piece('a').slice(0, 40)), FLOOD],
    check: outcome => {
      expectFailure(outcome, 'protocol');
      expect(outcome.server.sentBytes).toBeLessThan(8 * 1024 * 1024);
    },
  });

  faultRow('F21 a whole answer without end', WHOLE, {
    answer: wire => [chunkedHead(wire.contentType), chunk('{"response":"'), FLOOD],
    check: outcome => {
      expectFailure(outcome, 'protocol');
      expect(outcome.server.sentBytes).toBeLessThan(64 * 1024 * 1024);
    },
  });
});

describe('events', () => {
  const oddities: Record<string, (event: string) => string> = {
    'line ends of both characters': event => event.replaceAll('\n', '\r\n'),
    'line ends of a carriage return': event => event.replaceAll('\n', '\r'),
    'no space after the name': event => event.replaceAll('data: ', 'data:'),
    'a name before each event': event => `event: completion\nid: 7\n${event}`,
    'comments between the events': event => `: ping\n\n${event}: another\n`,
    'data over several lines': event => event.replace('data: {', 'data: {\ndata: '),
    'a mark of the byte order at the beginning': event => `\ufeff${event}`,
  };
  for (const [name, odd] of Object.entries(oddities)) {
    faultRow(`F22 ${name}`, EVENTS, {
      answer: wire => stream(wire, odd(wire.piece('one;')), wire.piece('two;'), wire.ending()),
      check: outcome => expectFinish(outcome, 'stop', 'one;two;'),
    });
  }

  faultRow('F22 line ends of both characters, and empty lines', LINES, {
    answer: wire => stream(wire, wire.piece('one;').replace('\n', '\r\n\r\n'), wire.ending()),
    check: outcome => expectFinish(outcome, 'stop', 'one;'),
  });

  faultRow('F22 comments alone do not keep a stream alive', EVENTS, {
    answer: wire => [
      chunkedHead(wire.contentType),
      chunk(wire.piece('one;')),
      ...Array.from({ length: 40 }, () => [chunk(': ping\n\n'), { pauseMs: 20 }]).flat(),
      'silence',
    ],
    limits: FADING,
    check: outcome => expectFailure(outcome, 'timeout', { limit: 'betweenEvents' }),
  });

  for (const nonsense of ['[]', '{}', '{"choices":[]}', '{"choices":null}', '{"choices":[{"text":7,"delta":[]}]}']) {
    faultRow(`F23 an event without meaning, ${nonsense}`, EVENTS, {
      answer: wire => stream(wire, `data: ${nonsense}\n\n`, wire.piece('one;'), wire.ending()),
      check: outcome => expectFinish(outcome, 'stop', 'one;'),
    });
  }

  for (const nonsense of ['[]', '{}', '{"response":null,"message":7}']) {
    faultRow(`F23 a line without meaning, ${nonsense}`, LINES, {
      answer: wire => stream(wire, `${nonsense}\n`, wire.piece('one;'), wire.ending()),
      check: outcome => expectFinish(outcome, 'stop', 'one;'),
    });
  }

  for (const nonsense of ['null', '42', '"text"', 'not json', '{"unfinished":']) {
    faultRow(`F23 an event that is no object, ${nonsense}`, STREAMED, {
      answer: wire => {
        const event = wire.dialect === 'ollama' ? `${nonsense}\n` : `data: ${nonsense}\n\n`;
        return stream(wire, wire.piece('one;'), event, wire.ending());
      },
      check: outcome => expectFailure(outcome, 'protocol'),
    });
  }

  faultRow('F25 an error after the stream has begun', STREAMED, {
    answer: wire => stream(wire, wire.piece('one;'), wire.errorEvent('the runner has stopped')),
    check: outcome => {
      expectFailure(outcome, 'serverFailed');
      expect(outcome.text).toBe('one;');
    },
  });

  faultRow('F34 counts that cannot be', OPENAI, {
    answer: wire => {
      const usage = { prompt_tokens: -4, completion_tokens: 1e300, prompt_tokens_details: { cached_tokens: 'NaN' } };
      const choice = { index: 0, text: 'one;', message: { content: 'one;' }, delta: { content: 'one;' } };
      const answer = JSON.stringify({ choices: [{ ...choice, finish_reason: 'stop' }], usage });
      return wire.delivery === 'whole'
        ? whole(200, wire.contentType, answer)
        : stream(wire, `data: ${answer}\n\n`, 'data: [DONE]\n\n');
    },
    check: ({ end }) => {
      const unknown = { inputTokens: undefined, cachedInputTokens: undefined };
      expect(end).toMatchObject({ type: 'finish', usage: unknown });
    },
  });

  faultRow('F35 an answer that another machine made', OLLAMA, {
    answer: wire => {
      const away = (text: string) => text.replace('"model"', '"remote_host":"https://elsewhere.example","model"');
      return wire.delivery === 'whole'
        ? whole(200, wire.contentType, away(wire.wholeBody('one;')))
        : stream(wire, away(wire.piece('one;')), wire.ending());
    },
    check: outcome => {
      expectFailure(outcome, 'wentRemote', { host: 'https://elsewhere.example' });
      expect(outcome.text).toBe('');
    },
  });

  faultRow('F36 an answer without a word', EVERY, {
    answer: wire => answerOf(wire, []),
    check: outcome => expectFinish(outcome, 'stop', ''),
  });
});

describe('answers', () => {
  faultRow('F24 plain text', EVERY, {
    answer: () => whole(200, 'text/plain', 'It works!'),
    check: outcome => expect(['notAnApi', 'protocol']).toContain(errorKind(outcome.end)),
  });

  faultRow('F26 a packed answer, though it must not be', EVERY, {
    answer: wire => [
      head(200, { 'content-type': wire.contentType, 'content-encoding': 'gzip', 'transfer-encoding': 'chunked' }),
      // 64 MiB once unpacked.
      chunk(gzipSync(Buffer.alloc(64 * 1024 * 1024))),
      lastChunk,
    ],
    check: outcome => expectFailure(outcome, 'protocol'),
  });

  faultRow('F26 trailers behind the last chunk', STREAMED, {
    answer: wire => [
      ...[chunkedHead(wire.contentType), chunk(wire.piece('one;')), chunk(wire.ending())],
      { send: '0\r\nx-checksum: 1\r\n\r\n' },
    ],
    check: outcome => expectFinish(outcome, 'stop', 'one;'),
  });

  faultRow('F26 a chunk whose length is no number', STREAMED, {
    answer: wire => [chunkedHead(wire.contentType), chunk(wire.piece('one;')), { send: 'zz\r\nrest\r\n' }],
    check: outcome => expect(['unreachable', 'protocol']).toContain(errorKind(outcome.end)),
  });

  faultRow('F26 something that is not HTTP', EVERY, {
    answer: () => [{ send: '220 mail.example ESMTP ready\r\n' }],
    check: outcome => expect(['unreachable', 'protocol', 'notAnApi']).toContain(errorKind(outcome.end)),
  });

  const notFound = (wire: Wire) =>
    wire.dialect === 'ollama'
      ? { error: "model 'tiny' not found" }
      : { error: { message: 'The model `tiny` does not exist.', type: 'NotFoundError', param: 'model', code: 404 } };
  faultRow('F27 a model that is not there', EVERY, {
    answer: wire => json(404, notFound(wire)),
    check: outcome => {
      expectFailure(outcome, 'modelMissing', { model: 'tiny' });
      expect(outcome.server.requests, 'asked once').toHaveLength(1);
    },
  });

  for (const [name, script] of [
    ['a page', whole(404, 'text/html', '<h1>404</h1>')],
    ['what a web framework says', json(404, { detail: 'Not Found' })],
    ['nothing', whole(404, 'text/plain', '')],
  ] as const) {
    faultRow(`F27 a path that is not there, ${name}`, EVERY, {
      answer: () => script,
      check: outcome => expectFailure(outcome, 'notAnApi'),
    });
  }

  faultRow('F28 a prompt that is too long for Ollama', OLLAMA, {
    answer: () => json(400, { error: 'the input length exceeds the context length' }),
    check: outcome => expectFailure(outcome, 'contextTooLong'),
  });

  faultRow('F28 a prompt that is too long for vLLM', OPENAI, {
    answer: wire => json(400, wire.errorBody(VLLM_TOO_LONG, 'BadRequestError')),
    check: outcome => expectFailure(outcome, 'contextTooLong', { limitTokens: 2048 }),
  });

  faultRow('F28 a prompt that is too long for llama.cpp', EVERY, {
    answer: () => {
      const message = 'the request exceeds the available context size, try increasing it';
      const error = { code: 400, message, type: 'exceed_context_size_error', n_prompt_tokens: 3000, n_ctx: 2048 };
      return json(400, { error });
    },
    check: outcome => expectFailure(outcome, 'contextTooLong', { limitTokens: 2048, promptTokens: 3000 }),
  });

  for (const status of [401, 403]) {
    for (const [name, body] of [
      ['an object', JSON.stringify({ error: { message: 'Invalid API Key', code: status } })],
      ['a text', JSON.stringify({ error: 'Unauthorized' })],
      ['nothing', ''],
    ] as const) {
      faultRow(`F29 ${status} with ${name}`, EVERY, {
        answer: () => whole(status, 'application/json', body),
        check: outcome => {
          expectFailure(outcome, 'unauthorized');
          expect(outcome.server.requests, 'asked once').toHaveLength(1);
        },
      });
    }
  }

  for (const [header, retryAfterMs] of [
    ['2', 2_000],
    ['soon', undefined],
    ['36000', 600_000],
    ['Mon, 01 Jan 2001 00:00:00 GMT', 0],
    [undefined, undefined],
  ] as const) {
    faultRow(`F30 too many requests, again after "${header}"`, EVERY, {
      answer: () => [head(429, { 'content-length': '0', ...(header !== undefined && { 'retry-after': header }) })],
      check: outcome => {
        expectFailure(outcome, 'overloaded', { retryAfterMs });
        expect(outcome.server.requests, 'asked once').toHaveLength(1);
      },
    });
  }

  for (const status of [499, 500, 502]) {
    faultRow(`F31 ${status}`, EVERY, {
      answer: wire => json(status, wire.errorBody('llama runner process has terminated', 'InternalServerError')),
      check: outcome => {
        expectFailure(outcome, 'serverFailed', { status });
        expect(outcome.server.requests, 'asked once').toHaveLength(1);
      },
    });
  }

  faultRow('F32 a full queue', EVERY, {
    answer: wire =>
      json(
        503,
        wire.errorBody('server busy, please try again.  maximum pending requests exceeded', 'unavailable_error'),
      ),
    check: outcome => expectFailure(outcome, 'overloaded'),
  });

  faultRow('F45 a model that is being loaded', EVERY, {
    answer: () => json(503, { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } }),
    check: outcome => expectFailure(outcome, 'modelLoading'),
  });
});

const FLOOD: Step = { sendForever: chunk('a'.repeat(64 * 1024)).send };

const VLLM_TOO_LONG =
  "This model's maximum context length is 2048 tokens. However, you requested 64 output tokens and your prompt contains at " +
  'least 1985 input tokens, for a total of at least 2049 tokens.';

function bytesOf(step: Step): Uint8Array {
  if (typeof step === 'string' || !('send' in step)) throw new Error('only what is sent has bytes');
  return Buffer.from(step.send);
}

function errorKind(end: { type: string; error?: { kind: string } }): string {
  return end.error?.kind ?? end.type;
}
