// `npm test`: every layer, one after the other; a layer that fails does not keep the others from running. The last line is
// the sum. `npm test -- lint unit` runs only the layers named.
import { findDesktopCode } from './editor/desktop.ts';
import { seconds } from './setup/step.ts';
import { check, countedRun } from './testing/child.ts';
import { addCounts, type Counts, type LayerResult, summary } from './testing/counts.ts';
import { buildEnginesAhead } from './testing/enginesAhead.ts';

const BIOME = 'node_modules/@biomejs/biome/bin/biome';
const TSC = 'node_modules/typescript/bin/tsc';

const LAYERS: Readonly<Record<string, () => Promise<Counts>>> = {
  lint: () => check([BIOME, 'check', '.']),
  typecheck: () => check([TSC, '-p', '.'], [TSC, '-p', 'src/webview']),
  unit: () => vitest('unit'),
  faults: () => vitest('faults'),
  host: testInExtensionHost,
  e2e: () => vitest('e2e'),
  // Last, because real engines may still be building until here.
  async contract() {
    await engines;
    return vitest('contract');
  },
};

function vitest(project: string): Promise<Counts> {
  const reporters = ['--reporter=default', '--reporter=./scripts/testing/vitestReporter.ts'];
  return countedRun(['node_modules/vitest/vitest.mjs', 'run', '--project', project, ...reporters]);
}

/** The same tests in our own VS Code server and in the desktop's VS Code, where there is one. */
async function testInExtensionHost(): Promise<Counts> {
  const host = 'scripts/testing/host.ts';
  const inServer = await countedRun([host]);
  const desktop = findDesktopCode();
  if (!desktop) return inServer;
  if (desktop.executable) return addCounts(inServer, await countedRun([host, desktop.executable]));
  const skipped = { test: `the same in ${desktop.command}`, reason: 'the program behind the command was not found' };
  return addCounts(inServer, { passed: 0, failed: 0, skipped: [skipped] });
}

async function runLayer(layer: string): Promise<LayerResult> {
  const startedAt = performance.now();
  console.log(`\n== ${layer}`);
  const counts = await LAYERS[layer]?.().catch(error => {
    console.error(error);
    return undefined;
  });
  return { layer, durationMs: performance.now() - startedAt, ...(counts ?? { passed: 0, failed: 1, skipped: [] }) };
}

function chosenLayers(): string[] {
  const named = process.argv.slice(2);
  const unknown = named.filter(name => !(name in LAYERS));
  if (unknown.length > 0)
    throw new Error(`no layer ${unknown.join(', ')}; there are ${Object.keys(LAYERS).join(', ')}`);
  return named.length > 0 ? named : Object.keys(LAYERS);
}

// Through the exit handlers, which end what runs in the background.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

const startedAt = performance.now();
const layers = chosenLayers();
const wantsEngines = process.env.MINNOW_REAL_ENGINES === 'all' && layers.includes('contract');
const engines = wantsEngines ? buildEnginesAhead() : undefined;
const results: LayerResult[] = [];
for (const layer of layers) results.push(await runLayer(layer));
console.log(`\nwhole run ${seconds(startedAt)}`);
console.log(summary(results));
process.exitCode = results.some(result => result.failed > 0) ? 1 : 0;
