import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { calcPrice, waitForUpdate } from '@pydantic/genai-prices';
import { describe, expect, it } from 'vitest';
import { findModel, findProvider, microUsdOf, type PriceList, pricesAt } from '../../../src/metering/prices.ts';

const root = resolve(import.meta.dirname, '../../..');
const list: PriceList & { source: string } = JSON.parse(readFileSync(join(root, 'media/listPrices.json'), 'utf8'));

/** Around each date and hour that the list knows, and each tier: where a wrong comparison would show. */
const MOMENTS = ['2026-08-16T23:59:59Z', '2026-11-23T00:29:59Z'];
const LATER = ['2026-11-23T03:59:59Z', '2026-11-23T10:00:00Z', '2027-01-01T00:00:00Z'];
const USAGES = [
  { inputTokens: 1_000, cachedInputTokens: undefined, outputTokens: 100, source: 'reported' as const },
  { inputTokens: 200_000, cachedInputTokens: 150_000, outputTokens: 3_000, source: 'reported' as const },
  { inputTokens: 272_001, cachedInputTokens: 10, outputTokens: 1, source: 'reported' as const },
];

describe('the price list that comes with the extension', () => {
  it('is the one of the installed package', () => {
    const installed = JSON.parse(readFileSync(join(root, 'node_modules/@pydantic/genai-prices/package.json'), 'utf8'));
    expect(list.source).toBe(`@pydantic/genai-prices ${installed.version}`);
    expect(list.asOf).toMatch(/^20\d\d-\d\d-\d\d$/);
  });

  it('gives the package’s own price for every model, tier, date and hour', { timeout: 30_000 }, async () => {
    const providers = (await waitForUpdate()) ?? [];
    const differing: string[] = [];
    let compared = 0;
    for (const provider of providers) {
      for (const { id } of provider.models) {
        for (const moment of [...MOMENTS, ...LATER]) {
          for (const usage of USAGES) {
            const own = ownPrice(provider.id, id, moment, usage);
            if (own === undefined) continue;
            compared += 1;
            const theirs = calcPrice(
              {
                input_tokens: usage.inputTokens,
                cache_read_tokens: usage.cachedInputTokens,
                output_tokens: usage.outputTokens,
              },
              id,
              { providerId: provider.id, timestamp: new Date(moment) },
            );
            const difference = Math.abs(own - (theirs?.total_price ?? Number.NaN) * 1e6);
            if (!(difference <= 0.501))
              differing.push(`${provider.id}/${id} at ${moment}: ${own} for ${theirs?.total_price}`);
          }
        }
      }
    }
    expect(differing).toEqual([]);
    expect(compared).toBeGreaterThan(20_000);
  });

  it('knows a price for most models, and leaves out those it could not reckon', () => {
    const models = list.providers.flatMap(provider => provider.models);
    expect(models.filter(({ prices }) => prices.length > 0).length).toBeGreaterThan(1_400);
    const sonar = ownPrice('perplexity', 'sonar', '2026-11-23T00:00:00Z', USAGES[0] as (typeof USAGES)[number]);
    expect(sonar).toBeUndefined();
  });
});

function ownPrice(
  providerId: string,
  model: string,
  moment: string,
  usage: (typeof USAGES)[number],
): number | undefined {
  const provider = findProvider(list, { url: '', pricedAs: providerId });
  const found = provider && findModel(list, provider, model);
  const prices = found && pricesAt(found, Date.parse(moment));
  return prices && microUsdOf(prices, usage);
}

describe('looking up', () => {
  it.each([
    ['https://api.openai.com/v1', 'openai'],
    ['https://api.mistral.ai', 'mistral'],
    ['https://openrouter.ai/api/v1', 'openrouter'],
    ['https://my-team.openai.azure.com/openai', 'azure'],
    ['https://models.example/v1', undefined],
    ['https://models.example/?https://api.openai.com', undefined],
  ])('finds the provider of %s: %s', (url, id) => {
    expect(findProvider(list, { url })?.id).toBe(id);
  });

  it.each([
    ['openai', 'GPT-5-mini', 'gpt-5-mini'],
    ['anthropic', 'claude-sonnet-4-20250514', 'claude-sonnet-4-0'],
    ['azure', 'claude-sonnet-4-0', 'claude-sonnet-4-0'],
    ['openai', 'no-such-model', undefined],
  ])('finds the model of %s called %s: %s', (pricedAs, name, id) => {
    const provider = findProvider(list, { url: '', pricedAs });
    expect(provider && findModel(list, provider, name)?.id).toBe(id);
  });
});
