import { describe, expect, it } from 'vitest';
import type { BackendError } from '../../../src/backends/backend.ts';
import { errorInside, errorOf, messageOf, retryAfterMs } from '../../../src/backends/errors.ts';

type Row = readonly [title: string, status: number, body: unknown, expected: BackendError];

// Bodies as real servers sent them: Ollama 0.24.0, vLLM 0.32.0, llama-server 0c1e570; OpenAI's from its documentation.
const ROWS: readonly Row[] = [
  ['Ollama: no such model', 404, { error: "model 'm' not found" }, { kind: 'modelMissing', model: 'm' }],
  [
    'vLLM: no such model',
    404,
    { error: { message: 'The model `m` does not exist.', type: 'NotFoundError', code: 404 } },
    { kind: 'modelMissing', model: 'm' },
  ],
  [
    'OpenAI: no such model',
    404,
    { error: { message: 'It does not exist or you lack access.', code: 'model_not_found' } },
    { kind: 'modelMissing', model: 'm' },
  ],
  [
    'vLLM: wrong path',
    404,
    { detail: 'Not Found' },
    { kind: 'notAnApi', detail: 'there is no such path on this server (404)' },
  ],
  ['Ollama: wrong path', 404, undefined, { kind: 'notAnApi', detail: 'there is no such path on this server (404)' }],
  [
    'Ollama: prompt too long',
    400,
    { error: 'the input length exceeds the context length' },
    { kind: 'contextTooLong', limitTokens: undefined, promptTokens: undefined },
  ],
  [
    'vLLM: prompt too long',
    400,
    { error: { message: "This model's maximum context length is 2048 tokens. However, you requested", code: 400 } },
    { kind: 'contextTooLong', limitTokens: 2048, promptTokens: undefined },
  ],
  [
    'llama-server: prompt too long',
    400,
    {
      error: {
        code: 400,
        message: 'the request exceeds the available context size',
        type: 'exceed_context_size_error',
        n_prompt_tokens: 20022,
        n_ctx: 2048,
      },
    },
    { kind: 'contextTooLong', limitTokens: 2048, promptTokens: 20022 },
  ],
  [
    'OpenAI: prompt too long',
    400,
    { error: { message: 'too many', code: 'context_length_exceeded' } },
    { kind: 'contextTooLong', limitTokens: undefined, promptTokens: undefined },
  ],
  [
    'Ollama: no insert',
    400,
    { error: 'registry.ollama.ai/library/m:latest does not support insert' },
    { kind: 'unsupported', capability: 'fim' },
  ],
  [
    'vLLM: suffix',
    400,
    { error: { message: 'suffix is not currently supported', code: 400 } },
    { kind: 'unsupported', capability: 'fim' },
  ],
  [
    'llama-server: no infill',
    501,
    { error: { message: 'Infill is not supported by this model: prefix token is missing.', code: 501 } },
    { kind: 'unsupported', capability: 'fim' },
  ],
  [
    'Ollama: no tools',
    400,
    { error: 'registry.ollama.ai/library/m:latest does not support tools' },
    { kind: 'unsupported', capability: 'tools' },
  ],
  [
    'vLLM: no tools',
    400,
    { error: { message: '"auto" tool choice requires --enable-auto-tool-choice', code: 400 } },
    { kind: 'unsupported', capability: 'tools' },
  ],
  [
    'built-in engine: no tools',
    400,
    { error: { message: 'tools: not supported by this engine' } },
    { kind: 'unsupported', capability: 'tools' },
  ],
  [
    'Ollama: no thinking',
    400,
    { error: '"m" does not support thinking' },
    { kind: 'unsupported', capability: 'thinking' },
  ],
  [
    'vLLM: no images',
    400,
    { error: { message: 'm is not a multimodal model', code: 400 } },
    { kind: 'unsupported', capability: 'images' },
  ],
  ['vLLM: no key', 401, { error: 'Unauthorized' }, { kind: 'unauthorized', detail: 'Unauthorized' }],
  [
    'Ollama: foreign Host',
    403,
    undefined,
    { kind: 'unauthorized', detail: 'the server refuses requests under this name (403)' },
  ],
  ['a proxy', 407, undefined, { kind: 'unauthorized', detail: 'the proxy wants to know who asks (407)' }],
  [
    'llama-server: loading',
    503,
    { error: { code: 503, message: 'Loading model', type: 'unavailable_error' } },
    { kind: 'modelLoading' },
  ],
  [
    'Ollama: queue full',
    503,
    { error: 'server busy, please try again.  maximum pending requests exceeded' },
    { kind: 'overloaded', retryAfterMs: 2000 },
  ],
  ['too many requests', 429, { error: { message: 'slow down' } }, { kind: 'overloaded', retryAfterMs: 2000 }],
  [
    'Ollama: too little memory',
    500,
    { error: 'model requires more system memory (57.2 GiB) than is available (18.7 GiB)' },
    {
      kind: 'serverFailed',
      status: 500,
      detail: 'model requires more system memory (57.2 GiB) than is available (18.7 GiB)',
    },
  ],
  ['cancelled by the server', 499, undefined, { kind: 'serverFailed', status: 499, detail: 'the server answered 499' }],
  ['a wrong field', 400, { error: { message: 'bad\n field' } }, { kind: 'badRequest', detail: 'bad field' }],
];

describe('errorOf', () => {
  it.each(ROWS)('%s', (_title, status, body, expected) => {
    expect(errorOf({ status, body, model: 'm', retryAfter: '2', nowMs: 0 })).toEqual(expected);
  });

  it('takes a page for what it is', () => {
    expect(errorOf({ status: 400, body: undefined, isWebPage: true, nowMs: 0 })).toMatchObject({ kind: 'notAnApi' });
    expect(errorOf({ status: 502, body: undefined, isWebPage: true, nowMs: 0 })).toMatchObject({
      kind: 'serverFailed',
    });
  });

  it('speaks of a missing model only where one was asked for', () => {
    expect(errorOf({ status: 404, body: { error: 'no model' }, nowMs: 0 })).toMatchObject({ kind: 'notAnApi' });
  });

  it('keeps one line of what a server says, and not all of it', () => {
    const error = errorOf({ status: 400, body: { error: `a\u202e\u0007\n${'b'.repeat(500)}` }, nowMs: 0 });
    expect(error).toMatchObject({ kind: 'badRequest' });
    const { detail } = error as Extract<BackendError, { kind: 'badRequest' }>;
    expect(detail).toHaveLength(200);
    expect(detail.startsWith('a bbb')).toBe(true);
  });
});

describe('errorInside', () => {
  it('is undefined for an event without an error', () => {
    expect(errorInside({ choices: [] }, 'm', 0)).toBeUndefined();
    expect(errorInside({ error: null }, 'm', 0)).toBeUndefined();
  });

  it.each([
    [{ error: 'runner stopped' }, { kind: 'serverFailed', status: 500, detail: 'runner stopped' }],
    [{ error: { message: 'no', code: 401 } }, { kind: 'unauthorized', detail: 'no' }],
    [{ error: { message: 'odd', code: 'EOF' } }, { kind: 'serverFailed', status: 500, detail: 'odd' }],
    [{ error: {} }, { kind: 'serverFailed', status: 500, detail: 'the server answered 500' }],
  ])('%j', (event, expected) => {
    expect(errorInside(event, 'm', 0)).toEqual(expected);
  });
});

describe('retryAfterMs', () => {
  const NOW = Date.parse('2026-11-23T12:00:00Z');
  it.each([
    ['2', 2000],
    ['0.5', 500],
    ['Mon, 23 Nov 2026 12:00:30 GMT', 30_000],
    ['Mon, 23 Nov 2026 11:00:00 GMT', 0],
    ['36000', 600_000],
    ['soon', undefined],
    ['', undefined],
    [undefined, undefined],
  ])('%s', (value, expected) => {
    expect(retryAfterMs(value, NOW)).toBe(expected);
  });
});

it.each([
  [{ error: 'a' }, 'a'],
  [{ error: { message: 'b' } }, 'b'],
  [{ detail: 'c' }, 'c'],
  [{ object: 'error', message: 'd' }, 'd'],
  [{ detail: [{ msg: 'e' }] }, undefined],
  ['text', undefined],
  [null, undefined],
])('reads the message of %j', (body, expected) => {
  expect(messageOf(body)).toBe(expected);
});
