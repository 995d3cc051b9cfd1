import { failure, type Result, success } from '../base/result.ts';
import type { EndpointSetting, ModelReference, PriceSetting } from './settings.ts';

/** Who may set a value. machine and application: the user alone, never a workspace (invariant 6). */
export type SettingScope = 'application' | 'machine' | 'window' | 'language-overridable';

export interface SettingRow<T> {
  /** Without the leading "minnow.". */
  readonly key: string;
  readonly scope: SettingScope;
  readonly defaultValue: T;
  /** The error is a clause that follows the key: "must be …". */
  parse(value: unknown): Result<T, string>;
}

/** Every setting, once. The manifest test holds package.json against this table. */
export const SETTINGS = {
  endpoints: row<readonly EndpointSetting[]>('endpoints', 'machine', [], parseEndpoints),
  edge: row<ModelReference | undefined>('ladder.edge', 'machine', undefined, parseModelReference),
  workhorse: row<ModelReference | undefined>('ladder.workhorse', 'machine', undefined, parseModelReference),
  foundation: row<ModelReference | undefined>('ladder.foundation', 'application', undefined, parseModelReference),
  fallback: row('fallback', 'application', 'off', oneOf('off', 'ask')),
  completionEnabled: row('completion.enabled', 'window', true, parseSwitch),
  disabledLanguages: row<readonly string[]>('completion.disabledLanguages', 'window', [], parseStrings),
  multiline: row('completion.multiline', 'language-overridable', 'auto', oneOf('auto', 'never', 'always')),
  maxTokens: row('completion.maxTokens', 'window', 96, wholeNumber(8, 512)),
  maxPromptTokens: row('completion.maxPromptTokens', 'window', 2048, wholeNumber(128, 32_768)),
  firstByteLimitMs: row('completion.firstByteLimit', 'window', 10_000, wholeNumber(500, 120_000)),
  speculation: row('completion.speculation', 'window', true, parseSwitch),
  nextEdit: row('completion.nextEdit', 'window', false, parseSwitch),
  embeddedEnabled: row('embedded.enabled', 'machine', true, parseSwitch),
  embeddedModelPath: row('embedded.modelPath', 'machine', '', parseText),
  embeddedContextTokens: row('embedded.contextTokens', 'machine', 4096, wholeNumber(256, 131_072)),
  embeddedThreads: row('embedded.threads', 'machine', 0, wholeNumber(0, 64)),
  keepAliveMinutes: row('keepAliveMinutes', 'machine', 30, wholeNumber(-1, 1440)),
  prices: row<readonly PriceSetting[]>('prices', 'machine', [], parsePrices),
  comparedWith: row('savings.comparedWith', 'machine', 'mistral/codestral-2508', parseText),
  energyWatts: row('energy.watts', 'machine', 0, numberFrom(0, 5_000)),
  energyUsdPerKwh: row('energy.usdPerKwh', 'machine', 0, numberFrom(0, 10)),
  budgetUsdPerMonth: row('budget.usdPerMonth', 'application', 0, numberFrom(0, 100_000)),
} as const;

function row<T>(
  key: string,
  scope: SettingScope,
  defaultValue: T,
  parse: (value: unknown) => Result<T, string>,
): SettingRow<T> {
  return { key, scope, defaultValue, parse };
}

function parseSwitch(value: unknown): Result<boolean, string> {
  return typeof value === 'boolean' ? success(value) : failure('must be true or false');
}

function parseText(value: unknown): Result<string, string> {
  return typeof value === 'string' ? success(value) : failure('must be a text');
}

function parseStrings(value: unknown): Result<readonly string[], string> {
  const isList = Array.isArray(value) && value.every(item => typeof item === 'string');
  return isList ? success(value) : failure('must be a list of texts');
}

function wholeNumber(least: number, most: number): (value: unknown) => Result<number, string> {
  return value =>
    typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most
      ? success(value)
      : failure(`must be a whole number from ${least} to ${most}`);
}

function numberFrom(least: number, most: number): (value: unknown) => Result<number, string> {
  return value =>
    typeof value === 'number' && value >= least && value <= most
      ? success(value)
      : failure(`must be a number from ${least} to ${most}`);
}

function oneOf<const T extends string>(...allowed: readonly T[]): (value: unknown) => Result<T, string> {
  return value => {
    const found = allowed.find(choice => choice === value);
    return found ? success(found) : failure(`must be ${allowed.map(choice => `"${choice}"`).join(' or ')}`);
  };
}

/** "endpointName/model"; the empty text means that Minnow chooses. Only the first slash separates. */
function parseModelReference(value: unknown): Result<ModelReference | undefined, string> {
  if (value === '' || value === null) return success(undefined);
  const match = typeof value === 'string' ? /^([^/]+)\/(.+)$/.exec(value.trim()) : null;
  return match?.[1] && match[2]
    ? success({ endpoint: match[1], model: match[2] })
    : failure('must be "endpointName/model", such as "ollama/qwen2.5-coder:1.5b", or empty');
}

const DIALECTS = ['auto', 'ollama', 'openai', 'llama.cpp'] as const;

function parseEndpoints(value: unknown): Result<readonly EndpointSetting[], string> {
  if (!Array.isArray(value)) return failure('must be a list of { "name", "url" }');
  const endpoints: EndpointSetting[] = [];
  for (const [index, item] of value.entries()) {
    const parsed = parseEndpoint(item);
    if (!parsed.ok) return failure(`item ${index + 1} ${parsed.error}`);
    if (endpoints.some(other => other.name === parsed.value.name)) {
      return failure(`names "${parsed.value.name}" twice; each name must be used once`);
    }
    endpoints.push(parsed.value);
  }
  return success(endpoints);
}

function parseEndpoint(value: unknown): Result<EndpointSetting, string> {
  if (typeof value !== 'object' || value === null) return failure('must be { "name", "url" }');
  const { name, url, dialect = 'auto', pricedAs } = value as Record<string, unknown>;
  if (typeof name !== 'string' || !/^[^/\s][^/]*$/.test(name)) return failure('needs a "name" without a slash');
  const address = typeof url === 'string' ? parseAddress(url) : undefined;
  if (!address) return failure('needs a "url" that begins with http:// or https:// and holds no password');
  const known = DIALECTS.find(choice => choice === dialect);
  if (!known) return failure(`has a "dialect" that is not one of ${DIALECTS.join(', ')}`);
  if (pricedAs !== undefined && typeof pricedAs !== 'string') return failure('has a "pricedAs" that is not a text');
  return success({ name, url: address, dialect: known, ...(pricedAs !== undefined && { pricedAs }) });
}

/** Without trailing slashes. A password in an address would end up in logs and screenshots: keys go to secret storage. */
function parseAddress(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if ((url.protocol !== 'http:' && url.protocol !== 'https:') || url.username || url.password) return undefined;
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function parsePrices(value: unknown): Result<readonly PriceSetting[], string> {
  if (!Array.isArray(value)) return failure('must be a list of { "model", "input", "output" }');
  const prices: PriceSetting[] = [];
  for (const [index, item] of value.entries()) {
    const parsed = parsePrice(item);
    if (!parsed.ok) return failure(`item ${index + 1} ${parsed.error}`);
    prices.push(parsed.value);
  }
  return success(prices);
}

const isPrice = numberFrom(0, 10_000);

function parsePrice(value: unknown): Result<PriceSetting, string> {
  if (typeof value !== 'object' || value === null) return failure('must be { "model", "input", "output" }');
  const { model, input, cachedInput, output, asOf } = value as Record<string, unknown>;
  const reference = parseModelReference(model);
  if (!reference.ok || !reference.value)
    return failure('needs a "model" such as "endpointName/model" or "endpointName/*"');
  const [inputPrice, outputPrice] = [isPrice(input), isPrice(output)];
  if (!inputPrice.ok || !outputPrice.ok)
    return failure('needs "input" and "output" in US dollars for a million tokens');
  const cachedPrice = cachedInput === undefined ? undefined : isPrice(cachedInput);
  if (cachedPrice && !cachedPrice.ok) return failure('has a "cachedInput" that is not a price');
  if (asOf !== undefined && !(typeof asOf === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(asOf))) {
    return failure('has an "asOf" that is not a day such as 2026-09-23');
  }
  return success({
    ...reference.value,
    input: inputPrice.value,
    ...(cachedPrice && { cachedInput: cachedPrice.value }),
    output: outputPrice.value,
    ...(asOf !== undefined && { asOf }),
  });
}
