// Bundles the product. Three programs, three targets: the extension (CommonJS, as VS Code loads it), the embedded engine's
// child process (ESM, because node-llama-cpp is), and the views (browser).
import { existsSync } from 'node:fs';
import { build, context } from 'esbuild';
import { embeddedTarget } from './scripts/embedded.mjs';
import { shipsLicences } from './scripts/packaging/licences.mjs';

const watch = process.argv.includes('--watch');
const production = process.argv.includes('--production');

const common = {
  bundle: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  logLevel: 'info',
  metafile: true,
};

const targets = [
  {
    ...common,
    entryPoints: { extension: 'src/extension.ts', ledgerWorker: 'src/metering/ledgerWorker.ts' },
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    platform: 'node',
    target: 'node22',
    external: ['vscode'],
    // media/listPrices.json is made from its data.
    plugins: [shipsLicences({ alsoOf: ['node_modules/@pydantic/genai-prices/package.json'] })],
  },
  {
    ...common,
    // One script and one style sheet a view; the icon font beside them, since a view may load nothing from elsewhere.
    entryPoints: {
      chat: 'src/webview/chat/chat.ts',
      inspector: 'src/webview/inspector/inspector.ts',
      dashboard: 'src/webview/dashboard/dashboard.ts',
      codicon: 'node_modules/@vscode/codicons/dist/codicon.css',
    },
    outdir: 'dist/webview',
    format: 'esm',
    platform: 'browser',
    target: 'es2022',
    loader: { '.ttf': 'file' },
    assetNames: '[name]',
    plugins: [shipsLicences()],
  },
  ...[embeddedTarget()].filter(target => target !== undefined).map(target => ({ ...common, ...target })),
].filter(target => Object.values(target.entryPoints).every(file => existsSync(file)));

for (const target of targets) {
  if (watch) await (await context(target)).watch();
  else await build(target);
}
