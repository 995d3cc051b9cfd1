import { readFileSync } from 'node:fs';
import type { Logger } from '../base/logger.ts';
import type { PriceList } from './prices.ts';

/** Reads the list that comes with the extension, once, when a price is first asked for. Without it, costs are not known. */
export function priceListFrom(file: string, logger: Logger): () => PriceList | undefined {
  let read: { readonly list: PriceList | undefined } | undefined;
  return () => {
    read ??= { list: readList(file, logger) };
    return read.list;
  };
}

/** A file of ours, made by scripts/prices.ts and held against its source by a test; so its form is taken on trust. */
function readList(file: string, logger: Logger): PriceList | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as PriceList;
  } catch (error) {
    logger.warn(`prices: the list cannot be read, so costs are not known: ${error}`);
    return undefined;
  }
}
