import { describe, expect, it } from 'vitest';
import { NO_USAGE, type Usage } from '../../../src/backends/backend.ts';
import {
  type CostSettings,
  comparisonOf,
  createCostOf,
  NO_COST_SETTINGS,
  type Priced,
} from '../../../src/metering/cost.ts';
import { microUsdOf, type PriceList, type TokenPrices } from '../../../src/metering/prices.ts';

const used = (inputTokens: number, cachedInputTokens: number | undefined, outputTokens: number): Usage => ({
  inputTokens,
  cachedInputTokens,
  outputTokens,
  source: 'reported',
});

const TIERED: TokenPrices = {
  input: { base: 2, tiers: [{ start: 200_000, price: 4 }] },
  cachedInput: { base: 0.2, tiers: [{ start: 200_000, price: 0.4 }] },
  output: { base: 12, tiers: [{ start: 200_000, price: 18 }] },
};

const LIST: PriceList = {
  asOf: '2026-09-23',
  providers: [
    {
      id: 'acme',
      name: 'Acme',
      api: 'https://api\\.acme\\.example',
      models: [
        { id: 'plain', match: { equals: 'plain' }, prices: [{ input: 0.5, cachedInput: 0.05, output: 3 }] },
        { id: 'no-cache-price', match: { equals: 'no-cache-price' }, prices: [{ input: 1, output: 2 }] },
        { id: 'tiered', match: { starts_with: 'tiered' }, prices: [TIERED] },
        {
          id: 'dated',
          match: { equals: 'dated' },
          prices: [
            { input: 1, output: 6 },
            { from: '2026-07-30', input: 0.2, output: 1.2 },
          ],
        },
        {
          id: 'nightly',
          match: { equals: 'nightly' },
          prices: [
            { input: 4, output: 8 },
            { daily: ['16:30:00Z', '00:30:00Z'], input: 1, output: 2 },
          ],
        },
        { id: 'unpriced', match: { equals: 'unpriced' }, prices: [] },
      ],
    },
  ],
};

function cost(priced: Partial<Priced>, settings: Partial<CostSettings> = {}) {
  const costOf = createCostOf({ settings: () => ({ ...NO_COST_SETTINGS, ...settings }), priceList: () => LIST });
  return costOf({
    endpoint: { name: 'acme', url: 'https://api.acme.example/v1' },
    model: 'plain',
    locality: 'remote',
    usage: used(1_000, 0, 100),
    reportedMicroUsd: undefined,
    activeMs: 0,
    atMs: Date.parse('2026-11-23T12:00:00Z'),
    ...priced,
  });
}

/** Each expectation is worked out by hand, in millionths of a dollar: tokens times dollars for a million of them. */
describe('the cost of a request', () => {
  it.each<[string, Partial<Priced>, number | undefined]>([
    ['input and output', { usage: used(1_000, 0, 100) }, 1_000 * 0.5 + 100 * 3],
    ['cached tokens at their own price', { usage: used(1_000, 900, 100) }, 100 * 0.5 + 900 * 0.05 + 100 * 3],
    ['cached tokens that nobody counted', { usage: used(1_000, undefined, 100) }, 800],
    ['more cached tokens than there were', { usage: used(100, 500, 0) }, 5],
    ['cached tokens without a price of their own', { model: 'no-cache-price', usage: used(10, 8, 1) }, 12],
    ['the last token of the lower tier', { model: 'tiered', usage: used(200_000, 0, 10) }, 400_000 + 120],
    [
      'the first token of the upper tier, for all of them',
      { model: 'tiered', usage: used(200_001, 0, 10) },
      800_004 + 180,
    ],
    [
      'cached tokens in the upper tier',
      { model: 'tiered-2', usage: used(300_000, 250_000, 0) },
      50_000 * 4 + 250_000 * 0.4,
    ],
    ['the day before a new price', { model: 'dated', atMs: Date.parse('2026-07-29T23:59:59.999Z') }, 1_000 + 600],
    ['the day of a new price', { model: 'dated', atMs: Date.parse('2026-07-30T00:00:00Z') }, 200 + 120],
    ['peak hours', { model: 'nightly', atMs: Date.parse('2026-11-23T16:29:59Z') }, 4_000 + 800],
    ['off-peak hours', { model: 'nightly', atMs: Date.parse('2026-11-23T16:30:00Z') }, 1_000 + 200],
    ['off-peak hours after midnight', { model: 'nightly', atMs: Date.parse('2026-11-23T00:29:59Z') }, 1_000 + 200],
    ['peak hours again', { model: 'nightly', atMs: Date.parse('2026-11-23T00:30:00Z') }, 4_000 + 800],
    ['half a millionth, to the nearest', { usage: used(3, 0, 0) }, 2],
  ])('counts %s', (_, priced, microUsd) => {
    expect(cost(priced)).toMatchObject({ microUsd, source: 'list', priceAsOf: '2026-09-23' });
  });

  it.each<[string, Partial<Priced>]>([
    ['a model that the list does not know', { model: 'new' }],
    ['a model that the list has no price for', { model: 'unpriced' }],
    ['a provider that the list does not know', { endpoint: { name: 'x', url: 'https://models.example' } }],
    ['tokens that nobody counted', { usage: NO_USAGE }],
    ['generated tokens that nobody counted', { usage: { ...used(10, 0, 0), outputTokens: undefined } }],
  ])('is not known for %s', (_, priced) => {
    expect(cost(priced)).toMatchObject({ microUsd: undefined, source: 'unknown', priceAsOf: undefined });
  });

  it.each(['loopback', 'lan'] as const)('is nothing, by statement, on %s', locality => {
    expect(cost({ locality })).toMatchObject({ microUsd: 0, source: 'local' });
    expect(cost({ locality, usage: NO_USAGE })).toMatchObject({ microUsd: 0, source: 'local' });
  });

  it('is looked up by the provider’s name where the address does not tell', () => {
    const endpoint = { name: 'proxy', url: 'https://proxy.example', pricedAs: 'acme' };
    expect(cost({ endpoint })).toMatchObject({ microUsd: 800, source: 'list' });
  });

  it('is what the provider says it charged, before anything else', () => {
    const prices = [{ endpoint: 'acme', model: 'plain', input: 1, output: 1 }];
    expect(cost({ reportedMicroUsd: 123 }, { prices })).toMatchObject({ microUsd: 123, source: 'provider' });
    expect(cost({ reportedMicroUsd: 0, model: 'new' })).toMatchObject({ microUsd: 0, source: 'provider' });
  });

  it('goes by the user’s own price before the list’s, and before nothing at all on the own machine', () => {
    const prices = [
      { endpoint: 'acme', model: '*', input: 9, output: 9 },
      { endpoint: 'acme', model: 'plain', input: 10, cachedInput: 1, output: 20, asOf: '2026-10-01' },
    ];
    const expected = { microUsd: 100 * 10 + 900 * 1 + 100 * 20, source: 'userPrice', priceAsOf: '2026-10-01' };
    expect(cost({ usage: used(1_000, 900, 100) }, { prices })).toMatchObject(expected);
    expect(cost({ usage: used(1_000, 900, 100), locality: 'lan' }, { prices })).toMatchObject(expected);
    expect(cost({ model: 'tiered', usage: used(1, 0, 1) }, { prices })).toMatchObject({ microUsd: 18 });
    expect(cost({ endpoint: { name: 'other', url: 'https://api.acme.example' } }, { prices })).toMatchObject({
      source: 'list',
    });
  });

  it('does not read the price list for local requests', () => {
    const costOf = createCostOf({
      settings: () => NO_COST_SETTINGS,
      priceList: () => {
        throw new Error('read');
      },
    });
    const local = { endpoint: { name: 'ollama', url: 'http://127.0.0.1:11434' }, model: 'm', usage: NO_USAGE } as const;
    expect(costOf({ ...local, locality: 'loopback', reportedMicroUsd: undefined, activeMs: 0, atMs: 0 })).toMatchObject(
      {
        microUsd: 0,
      },
    );
  });
});

describe('energy', () => {
  const settings = { energyWatts: 60, energyUsdPerKwh: 0.3 };

  it('is an estimate beside the money, from watts and the time the engine worked', () => {
    expect(cost({ locality: 'loopback', activeMs: 250 }, settings)).toMatchObject({
      microUsd: 0,
      energy: { joules: 15, priceMicroUsdPerKwh: 300_000 },
    });
  });

  it('is not estimated unless the user gave watts, nor for other machines', () => {
    expect(cost({ locality: 'loopback', activeMs: 250 }).energy).toBeUndefined();
    expect(cost({ locality: 'lan', activeMs: 250 }, settings).energy).toBeUndefined();
    expect(cost({ activeMs: 250 }, settings).energy).toBeUndefined();
  });
});

describe('what local use is compared with', () => {
  it('is a named model at its list price', () => {
    const comparison = comparisonOf(LIST, 'acme/plain', 0);
    expect(comparison).toMatchObject({ name: 'Acme plain', priceAsOf: '2026-09-23' });
    expect(comparison && microUsdOf(comparison.prices, used(1_000, 900, 100))).toBe(395);
  });

  it.each(['acme/new', 'nobody/plain', 'acme', ''])('is nothing where the list has no %j', reference => {
    expect(comparisonOf(LIST, reference, 0)).toBeUndefined();
  });
});
