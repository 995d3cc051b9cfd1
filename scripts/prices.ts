// Makes media/listPrices.json from the package @pydantic/genai-prices: what one token of text costs, and nothing else. The
// package holds three times as much (descriptions, other media, ways to read responses) and its own code; the extension
// reads the file only when it first needs a price. Run after a new version of the package was installed.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type ConditionalPrice, type ModelInfo, type Provider, waitForUpdate } from '@pydantic/genai-prices';

const root = resolve(import.meta.dirname, '..');
const packageFolder = join(root, 'node_modules/@pydantic/genai-prices');
const { name, version } = JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8'));

/** Counts that no server reports to us; a model priced by one of them has no known price. */
const UNCOUNTED = ['requests_kcount', 'output_reasoning_mtok', 'output_citation_mtok'];

function textPrices(model: ModelInfo) {
  const entries: readonly ConditionalPrice[] = Array.isArray(model.prices) ? model.prices : [{ prices: model.prices }];
  const isPriced = entries.every(({ prices }) => hasPrice(prices.input_mtok) && hasPrice(prices.output_mtok));
  if (!isPriced || entries.some(({ prices }) => UNCOUNTED.some(key => key in prices))) return [];
  return entries.map(({ constraint, prices }) => ({
    ...(constraint?.type === 'start_date' && { from: constraint.start_date }),
    ...(constraint?.type === 'time_of_date' && { daily: [constraint.start_time, constraint.end_time] }),
    input: prices.input_mtok,
    ...(hasPrice(prices.cache_read_mtok) && { cachedInput: prices.cache_read_mtok }),
    output: prices.output_mtok,
  }));
}

function hasPrice(price: unknown): boolean {
  return price !== undefined && price !== null;
}

function shortened(provider: Provider) {
  // A model without a price stays, so that its name is not taken for another model's.
  const models = provider.models.map(model => ({ id: model.id, match: model.match, prices: textPrices(model) }));
  const also = provider.fallback_model_providers;
  return { id: provider.id, name: provider.name, api: provider.api_pattern, ...(also && { also }), models };
}

function publishedOn(): string {
  const times = JSON.parse(execFileSync('npm', ['view', `${name}@${version}`, 'time', '--json'], { encoding: 'utf8' }));
  return times[version].slice(0, 10);
}

const providers = await waitForUpdate();
if (!providers) throw new Error(`${name} ${version} holds no prices`);
const list = {
  source: `${name} ${version}`,
  asOf: publishedOn(),
  license: readFileSync(join(packageFolder, 'LICENSE'), 'utf8').replaceAll(/\s+/g, ' ').trim(),
  providers: providers.map(shortened),
};
// One provider per line, so that a new version shows in a diff.
const { providers: rows, ...head } = list;
const lines = rows.map(row => JSON.stringify(row)).join(',\n');
const file = join(root, 'media/listPrices.json');
writeFileSync(file, `${JSON.stringify(head).slice(0, -1)},"providers":[\n${lines}\n]}\n`);
console.log(
  `${file}: ${rows.length} providers, ${rows.flatMap(({ models }) => models).length} models, as of ${list.asOf}`,
);
