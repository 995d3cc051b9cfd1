import type { Usage } from '../backends/backend.ts';
import type { Locality } from '../backends/permit.ts';
import {
  findModel,
  findProvider,
  microUsdOf,
  type PricedModel,
  type PriceList,
  pricesAt,
  type TokenPrices,
} from './prices.ts';
import type { CostSource, EnergyEstimate } from './requestRecord.ts';

/** What a price is looked up by. */
export interface PricedEndpoint {
  readonly name: string;
  readonly url: string;
  readonly pricedAs?: string;
}

export interface Priced {
  readonly endpoint: PricedEndpoint;
  readonly model: string;
  readonly locality: Locality;
  readonly usage: Usage;
  readonly reportedMicroUsd: number | undefined;
  /** How long the engine worked on it; for the energy estimate. */
  readonly activeMs: number;
  readonly atMs: number;
}

export interface Cost {
  /** Millionths of a US dollar, whole. Undefined: not known, which is never the same as nothing (invariant 10). */
  readonly microUsd: number | undefined;
  readonly source: CostSource;
  /** The day of the price list, or the one that the user gave with a price; YYYY-MM-DD. */
  readonly priceAsOf: string | undefined;
  readonly energy?: EnergyEstimate | undefined;
}

export type CostOf = (priced: Priced) => Cost;

/** A price that the user knows better than the list: US dollars for a million tokens. */
export interface UserPrice {
  readonly endpoint: string;
  /** A model of the endpoint, or "*" for all of them. */
  readonly model: string;
  readonly input: number;
  readonly cachedInput?: number;
  readonly output: number;
  readonly asOf?: string;
}

export interface CostSettings {
  readonly prices: readonly UserPrice[];
  /** What the machine draws beyond idling while a model works; 0: no estimate. */
  readonly energyWatts: number;
  readonly energyUsdPerKwh: number;
}

export const NO_COST_SETTINGS: CostSettings = { prices: [], energyWatts: 0, energyUsdPerKwh: 0 };

export interface CostNeeds {
  settings(): CostSettings;
  /** Read when a price is first needed: whoever stays local never loads the list. */
  priceList(): PriceList | undefined;
}

/**
 * What a request cost. In this order: what the provider said it charged; the user's own price; nothing, by statement, on
 * the user's own machines; the list price; else not known.
 */
export function createCostOf({ settings, priceList }: CostNeeds): CostOf {
  const listed = rememberedModels(priceList);
  return priced => ({ ...moneyOf(priced, settings(), listed), energy: energyOf(priced, settings()) });
}

/** What the list has for a model: found by some hundred comparisons, so remembered. */
interface Listed {
  readonly model: PricedModel | undefined;
  readonly asOf: string;
}

/** Nobody uses so many models; beyond that the search begins anew. */
const MAX_REMEMBERED = 200;

function rememberedModels(priceList: () => PriceList | undefined): (priced: Priced) => Listed | undefined {
  const remembered = new Map<string, Listed>();
  return ({ endpoint, model }) => {
    const key = `${endpoint.pricedAs ?? endpoint.url}\n${model}`;
    const known = remembered.get(key);
    if (known) return known;
    const list = priceList();
    if (!list) return undefined;
    const provider = findProvider(list, endpoint);
    const listed = { model: provider && findModel(list, provider, model), asOf: list.asOf };
    if (remembered.size >= MAX_REMEMBERED) remembered.clear();
    remembered.set(key, listed);
    return listed;
  };
}

function moneyOf(priced: Priced, settings: CostSettings, listedOf: (priced: Priced) => Listed | undefined): Cost {
  const { usage, reportedMicroUsd, locality } = priced;
  if (reportedMicroUsd !== undefined) return { microUsd: reportedMicroUsd, source: 'provider', priceAsOf: undefined };
  const own = userPriceOf(priced, settings.prices);
  if (own) return known(microUsdOf(own, usage), 'userPrice', own.asOf);
  if (locality !== 'remote') return { microUsd: 0, source: 'local', priceAsOf: undefined };
  const listed = listedOf(priced);
  const prices = listed?.model && pricesAt(listed.model, priced.atMs);
  return prices ? known(microUsdOf(prices, usage), 'list', listed.asOf) : UNKNOWN;
}

const UNKNOWN: Cost = { microUsd: undefined, source: 'unknown', priceAsOf: undefined };

function known(microUsd: number | undefined, source: CostSource, priceAsOf: string | undefined): Cost {
  return microUsd === undefined ? UNKNOWN : { microUsd, source, priceAsOf };
}

/** The price for one model goes before the one for a whole endpoint. */
function userPriceOf({ endpoint, model }: Priced, prices: readonly UserPrice[]): UserPrice | undefined {
  const ofEndpoint = prices.filter(price => price.endpoint === endpoint.name);
  return ofEndpoint.find(price => price.model === model) ?? ofEndpoint.find(price => price.model === '*');
}

/** Only this machine's own work: what a server elsewhere draws is not known here. */
function energyOf({ locality, activeMs }: Priced, settings: CostSettings): EnergyEstimate | undefined {
  if (locality !== 'loopback' || settings.energyWatts === 0) return undefined;
  return {
    joules: (settings.energyWatts * activeMs) / 1_000,
    priceMicroUsdPerKwh: Math.round(settings.energyUsdPerKwh * 1e6),
  };
}

/** A remote model that local use is compared with, and what its list price is. */
export interface Comparison {
  /** For people: "Mistral codestral-2508". */
  readonly name: string;
  readonly prices: TokenPrices;
  readonly priceAsOf: string;
}

/** @param reference "provider/model" in the price list, such as "mistral/codestral-2508" */
export function comparisonOf(list: PriceList, reference: string, atMs: number): Comparison | undefined {
  const [pricedAs = '', ...rest] = reference.split('/');
  const model = rest.join('/');
  const provider = findProvider(list, { url: '', pricedAs });
  const found = provider && model ? findModel(list, provider, model) : undefined;
  const prices = found && pricesAt(found, atMs);
  return provider && prices && { name: `${provider.name} ${model}`, prices, priceAsOf: list.asOf };
}
