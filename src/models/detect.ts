import { readText } from '../backends/answer.ts';
import type { BackendCall, BackendError, Dialect } from '../backends/backend.ts';
import type { Flavor } from '../backends/dialects.ts';
import { errorOf, refusedAnswer } from '../backends/errors.ts';
import { BackendFailure, failureOf } from '../backends/failure.ts';
import type { Http } from '../backends/http.ts';
import { openAiBaseUrl } from '../backends/openAiCompatible.ts';
import { authorization, type KeyFor, LOOKUP_LIMITS } from '../backends/server.ts';
import type { Clock } from '../base/clock.ts';
import { at, listAt, numberAt, parseJson, textAt } from '../base/untrustedJson.ts';
import type { EndpointSetting } from '../settings/settings.ts';

/** What an address turned out to be. */
export type Detection =
  | { readonly kind: 'found'; readonly server: DetectedServer }
  /** A model server answers there, but under another path than the one that was given. */
  | { readonly kind: 'wrongPath'; readonly suggestedUrl: string }
  | { readonly kind: 'failed'; readonly error: BackendError };

export interface DetectedServer {
  readonly dialect: Dialect;
  /** Which of the servers that speak OpenAI's protocol; for the other dialects their own name. */
  readonly flavor: Flavor;
  /** What the backend of the dialect is to be built with. */
  readonly url: string;
  readonly version: string | undefined;
}

export interface DetectNeeds {
  readonly http: Http;
  readonly clock: Clock;
  readonly keyFor: KeyFor;
}

/**
 * Finds out by asking, never by the text of the address, how a server is to be spoken to. No question carries user code.
 * Ollama comes first where a server speaks both its own protocol and OpenAI's, since only its own has raw prompts; a dialect
 * in the setting is taken as given, and only the rest is found out.
 */
export async function detectDialect(
  setting: Pick<EndpointSetting, 'url' | 'dialect'>,
  needs: DetectNeeds,
  call: BackendCall,
): Promise<Detection> {
  const probes = await probe(setting.url, needs, call);
  const server = DIALECTS.filter(([dialect]) => setting.dialect === 'auto' || setting.dialect === dialect)
    .map(([, recognise]) => recognise(probes))
    .find(found => found !== undefined);
  if (server) return { kind: 'found', server };
  const error = errorIn(probes, setting.dialect);
  if (error.kind !== 'notAnApi') return { kind: 'failed', error };
  const suggestedUrl = await otherPath(setting, needs, call);
  return suggestedUrl === undefined ? { kind: 'failed', error } : { kind: 'wrongPath', suggestedUrl };
}

type Answer = { readonly body: unknown; readonly error?: undefined } | { readonly error: BackendError };

/** All asked at once: a server answers each in a millisecond, also while it generates. */
interface Probes {
  readonly rootUrl: string;
  readonly openAiUrl: string;
  readonly ollamaVersion: Answer;
  readonly ollamaTags: Answer;
  readonly llamaProps: Answer;
  readonly openAiModels: Answer;
  readonly version: Answer;
  readonly lmStudioModels: Answer;
}

async function probe(url: string, needs: DetectNeeds, call: BackendCall): Promise<Probes> {
  const rootUrl = url.replace(/\/+$/, '').replace(/\/(v1|api)$/, '');
  const openAiUrl = openAiBaseUrl(url);
  const ask = (address: string) => get(address, needs, call);
  const [ollamaVersion, ollamaTags, llamaProps, openAiModels, version, lmStudioModels] = await Promise.all([
    ask(`${rootUrl}/api/version`),
    ask(`${rootUrl}/api/tags`),
    ask(`${rootUrl}/props`),
    ask(`${openAiUrl}/models`),
    ask(`${rootUrl}/version`),
    ask(`${rootUrl}/api/v0/models`),
  ]);
  return { rootUrl, openAiUrl, ollamaVersion, ollamaTags, llamaProps, openAiModels, version, lmStudioModels };
}

async function get(url: string, { http, clock, keyFor }: DetectNeeds, call: BackendCall): Promise<Answer> {
  try {
    const headers = await authorization(url, keyFor);
    const response = await http.send({ ...call, method: 'GET', url, limits: LOOKUP_LIMITS, headers });
    const text = await readText(response);
    const isSuccess = response.status >= 200 && response.status < 300;
    if (!isSuccess) throw new BackendFailure(errorOf(refusedAnswer(response, text, { nowMs: clock.nowMs() })));
    return { body: parseJson(text) };
  } catch (thrown) {
    return { error: failureOf(thrown) };
  }
}

const DIALECTS: readonly (readonly [Dialect, (probes: Probes) => DetectedServer | undefined])[] = [
  ['ollama', recogniseOllama],
  ['llama.cpp', recogniseLlamaServer],
  ['openai', recogniseOpenAi],
];

/** Other programs have an `/api/version` too (Open WebUI does); only Ollama lists its models beside it. */
function recogniseOllama({ rootUrl, ollamaVersion, ollamaTags }: Probes): DetectedServer | undefined {
  const version = textAt(bodyOf(ollamaVersion), 'version');
  if (version === undefined || !Array.isArray(at(bodyOf(ollamaTags), 'models'))) return undefined;
  return { dialect: 'ollama', flavor: 'ollama', url: rootUrl, version };
}

function recogniseLlamaServer({ rootUrl, llamaProps }: Probes): DetectedServer | undefined {
  const props = bodyOf(llamaProps);
  if (at(props, 'default_generation_settings') === undefined) return undefined;
  return { dialect: 'llama.cpp', flavor: 'llama.cpp', url: rootUrl, version: textAt(props, 'build_info') };
}

function recogniseOpenAi(probes: Probes): DetectedServer | undefined {
  const models = bodyOf(probes.openAiModels);
  if (!Array.isArray(at(models, 'data'))) return undefined;
  const version = textAt(bodyOf(probes.version), 'version');
  return { dialect: 'openai', flavor: flavorOf(listAt(models, 'data')[0], probes), url: probes.openAiUrl, version };
}

const FLAVOR_OF_OWNER: Readonly<Record<string, Flavor>> = {
  vllm: 'vllm',
  llamacpp: 'llama.cpp',
  tensorrt_llm: 'trtllm',
  minnow: 'minnow',
};

function flavorOf(model: unknown, probes: Probes): Flavor {
  const flavor = FLAVOR_OF_OWNER[textAt(model, 'owned_by') ?? ''];
  if (flavor) return flavor;
  if (Array.isArray(at(bodyOf(probes.lmStudioModels), 'data'))) return 'lmstudio';
  if (recogniseOllama(probes)) return 'ollama';
  if (at(model, 'capabilities', 'completion_fim') !== undefined) return 'mistral';
  return numberAt(model, 'max_model_len') === undefined ? 'generic' : 'vllm';
}

function bodyOf(answer: Answer): unknown {
  return answer.error ? undefined : answer.body;
}

/** The reason that helps most: a key that is missing tells more than a path that is not there, and that more than silence. */
const MOST_TELLING_FIRST: readonly BackendError['kind'][] = [
  'refusedByPolicy',
  'unencrypted',
  'redirected',
  'unauthorized',
  'modelLoading',
  'overloaded',
  'serverFailed',
  'notAnApi',
  'timeout',
  'unreachable',
];

function errorIn(probes: Probes, dialect: EndpointSetting['dialect']): BackendError {
  const { ollamaVersion, ollamaTags, llamaProps, openAiModels } = probes;
  const asked = {
    ollama: [ollamaVersion, ollamaTags],
    'llama.cpp': [llamaProps, openAiModels],
    openai: [openAiModels],
    auto: [openAiModels, ollamaVersion, ollamaTags, llamaProps],
  }[dialect];
  const errors = asked.flatMap(({ error }) => error ?? []);
  const told = MOST_TELLING_FIRST.map(kind => errors.find(error => error.kind === kind)).find(
    error => error !== undefined,
  );
  return told ?? { kind: 'notAnApi', detail: 'what answers there is not a model server that Minnow knows' };
}

/** People paste the address of a page or of one call; often the server itself is right. */
async function otherPath(
  { url, dialect }: Pick<EndpointSetting, 'url' | 'dialect'>,
  needs: DetectNeeds,
  call: BackendCall,
): Promise<string | undefined> {
  const given = URL.parse(url);
  if (given === null) return undefined;
  const bare = url.replace(/\/+$/, '');
  const others = [given.origin, `${bare}/v1`].filter(other => other !== bare && given.pathname !== '/');
  for (const other of others) {
    const probes = await probe(other, needs, call);
    const isThere = DIALECTS.some(([kind, recognise]) => (dialect === 'auto' || dialect === kind) && recognise(probes));
    if (isThere) return other;
  }
  return undefined;
}
