import { describe, expect, it } from 'vitest';
import { BackendFailure } from '../../../src/backends/failure.ts';
import { type Detection, detectDialect } from '../../../src/models/detect.ts';
import type { EndpointSetting } from '../../../src/settings/settings.ts';
import { FakeClock } from '../../support/fakeClock.ts';
import { jsonAnswer, type RawAnswer, type ScriptedAnswer, ScriptedHttp } from '../../support/scriptedHttp.ts';

type Paths = Readonly<Record<string, ScriptedAnswer>>;

const models = (...entries: readonly object[]) => jsonAnswer({ object: 'list', data: entries });
const UNAUTHORIZED = jsonAnswer({ error: 'Unauthorized' }, 401);
const PAGE: RawAnswer = { status: 404, contentType: 'text/html', body: ['<html></html>'] };
const TAGS = jsonAnswer({ models: [] });

// What each server answered to these questions; those not named are 404.
const SERVERS: readonly (readonly [name: string, paths: Paths, expected: object])[] = [
  [
    'Ollama 0.24.0',
    {
      '/api/version': jsonAnswer({ version: '0.24.0' }),
      '/api/tags': TAGS,
      '/v1/models': models({ id: 'm', owned_by: 'library' }),
    },
    { dialect: 'ollama', flavor: 'ollama', url: 'http://127.0.0.1:1234', version: '0.24.0' },
  ],
  [
    'vLLM 0.32.0',
    {
      '/version': jsonAnswer({ version: '0.32.0' }),
      '/v1/models': models({ id: 'm', owned_by: 'vllm', max_model_len: 2048 }),
    },
    { dialect: 'openai', flavor: 'vllm', url: 'http://127.0.0.1:1234/v1', version: '0.32.0' },
  ],
  [
    'llama-server 0c1e570',
    {
      '/props': jsonAnswer({ default_generation_settings: { n_ctx: 2048 }, build_info: 'b1-0c1e57098' }),
      '/v1/models': models({ id: 'm', owned_by: 'llamacpp' }),
    },
    { dialect: 'llama.cpp', flavor: 'llama.cpp', url: 'http://127.0.0.1:1234', version: 'b1-0c1e57098' },
  ],
  [
    'a llama-server behind a proxy that lets only /v1 through',
    { '/v1/models': models({ id: 'm', owned_by: 'llamacpp' }) },
    { dialect: 'openai', flavor: 'llama.cpp' },
  ],
  [
    'TensorRT-LLM',
    { '/version': jsonAnswer({ version: '1.2.0' }), '/v1/models': models({ id: 'm', owned_by: 'tensorrt_llm' }) },
    { dialect: 'openai', flavor: 'trtllm', version: '1.2.0' },
  ],
  [
    'LM Studio',
    { '/api/v0/models': models({ id: 'm' }), '/v1/models': models({ id: 'm', owned_by: 'organization_owner' }) },
    { dialect: 'openai', flavor: 'lmstudio' },
  ],
  [
    'Mistral',
    { '/v1/models': models({ id: 'codestral', owned_by: 'mistralai', capabilities: { completion_fim: true } }) },
    { dialect: 'openai', flavor: 'mistral' },
  ],
  [
    'the built-in engine',
    { '/v1/models': models({ id: 'm', owned_by: 'minnow', max_model_len: 2048 }) },
    { flavor: 'minnow' },
  ],
  ['any other', { '/v1/models': models({ id: 'gpt', owned_by: 'system' }) }, { dialect: 'openai', flavor: 'generic' }],
  ['one without a model', { '/v1/models': models() }, { dialect: 'openai', flavor: 'generic' }],
];

async function detect(paths: Paths, setting: Partial<EndpointSetting> = {}) {
  const http = new ScriptedHttp(({ url }) => paths[new URL(url).pathname]);
  const { url = 'http://127.0.0.1:1234', dialect = 'auto' } = setting;
  const needs = { http, clock: new FakeClock(), keyFor: async () => undefined };
  const detection = await detectDialect({ url, dialect }, needs, { signal: new AbortController().signal });
  return { http, detection };
}

async function failureKind(paths: Paths, setting: Partial<EndpointSetting> = {}): Promise<string> {
  const { detection } = await detect(paths, setting);
  return detection.kind === 'failed' ? detection.error.kind : detection.kind;
}

describe('detectDialect', () => {
  it.each(SERVERS)('recognises %s', async (_name, paths, expected) => {
    expect((await detect(paths)).detection).toMatchObject({ kind: 'found', server: expected } satisfies object);
  });

  it('sends nothing that generates, and nothing at all beyond questions', async () => {
    const { http } = await detect({});
    expect(http.seen.every(({ method, body }) => method === 'GET' && body === undefined)).toBe(true);
  });

  it.each([
    ['http://127.0.0.1:1234/v1', 'http://127.0.0.1:1234/v1'],
    ['http://127.0.0.1:1234/v1/', 'http://127.0.0.1:1234/v1'],
    ['http://127.0.0.1:1234/', 'http://127.0.0.1:1234/v1'],
  ])('finds the same server at %s', async (given, url) => {
    const { detection } = await detect({ '/v1/models': models({ id: 'm' }) }, { url: given });
    expect(detection).toMatchObject({ kind: 'found', server: { url } });
  });

  it('finds an Ollama whose address was given with /api', async () => {
    const paths = { '/api/version': jsonAnswer({ version: '0.24.0' }), '/api/tags': TAGS };
    const { detection } = await detect(paths, { url: 'http://127.0.0.1:1234/api' });
    expect(detection).toMatchObject({ kind: 'found', server: { dialect: 'ollama', url: 'http://127.0.0.1:1234' } });
  });

  it('takes the dialect of the setting over what it would have chosen', async () => {
    const paths = {
      '/api/version': jsonAnswer({ version: '0.24.0' }),
      '/api/tags': TAGS,
      '/v1/models': models({ id: 'm', owned_by: 'library' }),
    };
    const { detection } = await detect(paths, { dialect: 'openai' });
    expect(detection).toMatchObject({ kind: 'found', server: { dialect: 'openai', flavor: 'ollama' } });
    expect(await failureKind(paths, { dialect: 'llama.cpp' })).toBe('notAnApi');
  });

  it('does not take every /api/version for an Ollama', async () => {
    expect(await failureKind({ '/api/version': jsonAnswer({ version: '0.5.0' }) })).toBe('notAnApi');
  });
});

describe('what is not a model server that can be used', () => {
  const everywhere = (answer: ScriptedAnswer): Paths =>
    new Proxy({}, { get: () => answer }) as Record<string, ScriptedAnswer>;

  it.each([
    ['nothing listens', everywhere(new BackendFailure({ kind: 'unreachable', detail: 'x' })), 'unreachable'],
    ['nothing answers', everywhere(new BackendFailure({ kind: 'timeout', limit: 'connect', limitMs: 1 })), 'timeout'],
    ['a web page', everywhere(PAGE), 'notAnApi'],
    ['a key is wanted', everywhere(UNAUTHORIZED), 'unauthorized'],
    ['a key is wanted for the models only', { '/v1/models': UNAUTHORIZED, '/version': jsonAnswer({}) }, 'unauthorized'],
    ['a redirect', everywhere(new BackendFailure({ kind: 'redirected', location: 'https://x' })), 'redirected'],
    ['no permission', everywhere(new BackendFailure({ kind: 'refusedByPolicy', detail: 'x' })), 'refusedByPolicy'],
    ['still loading', everywhere(jsonAnswer({ error: { message: 'Loading model' } }, 503)), 'modelLoading'],
    ['other JSON', everywhere(jsonAnswer({ hello: 'world' })), 'notAnApi'],
  ])('%s', async (_case, paths, kind) => {
    expect(await failureKind(paths)).toBe(kind);
  });

  it('is told the address at which a model server does answer', async () => {
    const paths = { '/api/version': jsonAnswer({ version: '0.24.0' }), '/api/tags': TAGS };
    const expected: Detection = { kind: 'wrongPath', suggestedUrl: 'http://127.0.0.1:1234' };
    expect((await detect(paths, { url: 'http://127.0.0.1:1234/chat' })).detection).toEqual(expected);
    const below = { '/openai/v1/models': models({ id: 'm' }) };
    expect((await detect(below, { url: 'http://127.0.0.1:1234/openai' })).detection).toEqual({
      kind: 'wrongPath',
      suggestedUrl: 'http://127.0.0.1:1234/openai/v1',
    });
  });
});
