import type { Usage } from '../backends/backend.ts';
import type { Locality } from '../backends/permit.ts';
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

/** What a request cost: nothing in money on the user's own machines, by statement; unknown elsewhere without a price. */
export const costOf: CostOf = ({ locality }) =>
  locality === 'remote'
    ? { microUsd: undefined, source: 'unknown', priceAsOf: undefined }
    : { microUsd: 0, source: 'local', priceAsOf: undefined };
