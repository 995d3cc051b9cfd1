import type { Usage } from '../backends/backend.ts';

/**
 * List prices of model providers, as media/listPrices.json holds them (made by scripts/prices.ts from the package
 * @pydantic/genai-prices). They come with the extension and are never fetched, so they are as old as `asOf` says.
 */
export interface PriceList {
  /** YYYY-MM-DD. */
  readonly asOf: string;
  readonly providers: readonly PricedProvider[];
}

export interface PricedProvider {
  readonly id: string;
  readonly name: string;
  /** A regular expression for the beginning of the provider's addresses. */
  readonly api: string;
  /** Providers whose models this one sells under their names. */
  readonly also?: readonly string[];
  readonly models: readonly PricedModel[];
}

export interface PricedModel {
  readonly id: string;
  readonly match: NameMatch;
  /** Later entries win where more than one applies; the first has no condition. Empty: no price that we could reckon with. */
  readonly prices: readonly TokenPrices[];
}

export type NameMatch =
  | { readonly equals: string }
  | { readonly starts_with: string }
  | { readonly ends_with: string }
  | { readonly contains: string }
  | { readonly regex: string }
  | { readonly or: readonly NameMatch[] }
  | { readonly and: readonly NameMatch[] };

/** US dollars for a million tokens, which is the same number as millionths of a dollar for one token. */
export interface TokenPrices {
  /** Valid from this day on, UTC; YYYY-MM-DD. */
  readonly from?: string;
  /** Valid each day between two times, such as 16:30:00Z and 00:30:00Z; the span may go over midnight. */
  readonly daily?: readonly [string, string];
  readonly input: Price;
  /** Without one, cached tokens cost what the others do. */
  readonly cachedInput?: Price;
  readonly output: Price;
}

/** A number, or one that depends on how long the whole prompt is: the last tier whose start is exceeded holds for all tokens. */
export type Price =
  | number
  | { readonly base: number; readonly tiers: readonly { readonly start: number; readonly price: number }[] };

/** Which of a provider's models a name means, or undefined. Case does not count. */
export function findModel(list: PriceList, provider: PricedProvider, name: string): PricedModel | undefined {
  const wanted = name.toLowerCase().trim();
  const dashed = wanted.replaceAll(/-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)/g, '-$1-$2-$3');
  for (const spelling of new Set([wanted, dashed])) {
    const found = findSpelling(list, provider, spelling);
    if (found) return found;
  }
  return undefined;
}

function findSpelling(list: PriceList, provider: PricedProvider, name: string): PricedModel | undefined {
  const own = provider.models.find(({ match }) => matches(match, name));
  if (own || !provider.also) return own;
  for (const id of provider.also) {
    const other = list.providers.find(candidate => candidate.id === id);
    const found = other && findSpelling(list, other, name);
    if (found) return found;
  }
  return undefined;
}

/** By its name in the table where the user gave one, else by the address. */
export function findProvider(list: PriceList, by: { url: string; pricedAs?: string }): PricedProvider | undefined {
  const id = by.pricedAs?.toLowerCase().trim();
  return id
    ? list.providers.find(provider => provider.id === id)
    : list.providers.find(provider => new RegExp(`^(?:${provider.api})`).test(by.url));
}

function matches(match: NameMatch, name: string): boolean {
  if ('or' in match) return match.or.some(one => matches(one, name));
  if ('and' in match) return match.and.every(one => matches(one, name));
  if ('equals' in match) return name === match.equals.toLowerCase();
  if ('starts_with' in match) return name.startsWith(match.starts_with.toLowerCase());
  if ('ends_with' in match) return name.endsWith(match.ends_with.toLowerCase());
  if ('contains' in match) return name.includes(match.contains.toLowerCase());
  return new RegExp(match.regex).test(name);
}

/** What held at that moment. */
export function pricesAt(model: PricedModel, atMs: number): TokenPrices | undefined {
  return model.prices.findLast(prices => isValid(prices, atMs)) ?? model.prices[0];
}

const DAY_MS = 86_400_000;

function isValid({ from, daily }: TokenPrices, atMs: number): boolean {
  if (from) return atMs >= Date.parse(from);
  if (!daily) return true;
  const [start, end] = [msOfDay(daily[0]), msOfDay(daily[1])];
  const now = atMs % DAY_MS;
  return end < start ? now >= start || now < end : now >= start && now < end;
}

function msOfDay(time: string): number {
  return Date.parse(`1970-01-01T${time}`);
}

/**
 * Whole millionths of a US dollar, or undefined where the tokens are not known. Cached tokens that nobody counted cost as
 * much as the others: the invoice can only be lower.
 */
export function microUsdOf(prices: TokenPrices, usage: Usage): number | undefined {
  const { inputTokens, cachedInputTokens = 0, outputTokens } = usage;
  if (inputTokens === undefined || outputTokens === undefined) return undefined;
  const cachedTokens = Math.min(cachedInputTokens, inputTokens);
  const cachedInput = prices.cachedInput ?? prices.input;
  return Math.round(
    (inputTokens - cachedTokens) * priceFor(prices.input, inputTokens) +
      cachedTokens * priceFor(cachedInput, inputTokens) +
      outputTokens * priceFor(prices.output, inputTokens),
  );
}

function priceFor(price: Price, promptTokens: number): number {
  if (typeof price === 'number') return price;
  return price.tiers.filter(({ start }) => promptTokens > start).reduce((_, tier) => tier.price, price.base);
}
