#!/usr/bin/env node
// Stands in for the desktop's `code` where there is none: takes the command line that @vscode/test-electron writes, runs the
// tests in the extension host of our VS Code server with a headless browser as its window, and exits with their code.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, parseArgs } from 'node:util';
import { launchChromium } from '../../../scripts/editor/chromium.ts';
import { startServer } from '../../../scripts/editor/server.ts';
import { OUT } from '../../../scripts/setup/paths.ts';
import { OUTPUT_MARK } from '../host/output.ts';

const RUN_LIMIT_MS = 300_000;

const { values, positionals } = parseArgs({
  options: {
    extensionDevelopmentPath: { type: 'string', multiple: true, default: [] },
    extensionTestsPath: { type: 'string' },
    'user-data-dir': { type: 'string' },
    'extensions-dir': { type: 'string' },
    'disable-workspace-trust': { type: 'boolean', default: false },
  },
  // The rest of the command line concerns the desktop only.
  strict: false,
  allowPositionals: true,
});

process.exitCode = await run().catch(error => {
  console.error(error);
  return 1;
});

async function run(): Promise<number> {
  const testsPath = text(values.extensionTestsPath);
  if (!testsPath) throw new Error('--extensionTestsPath is missing');
  const userDataFolder = text(values['user-data-dir']);
  const extensionsFolder = text(values['extensions-dir']);
  const server = await startServer({
    ...(userDataFolder && { userDataFolder }),
    ...(extensionsFolder && { extensionsFolder }),
    trust: values['disable-workspace-trust'] ? 'all' : 'restricted',
  });
  const browser = await launchChromium();
  const ownMessages: string[] = [];
  try {
    const page = await browser.newPage();
    // The workbench calls these two while it runs tests.
    await page.exposeFunction('codeAutomationLog', (_type: string, args: unknown[]) => {
      const line = format(...args);
      if (line.startsWith(OUTPUT_MARK)) console.log(line.slice(OUTPUT_MARK.length));
      else ownMessages.push(line);
    });
    const exited = new Promise<number>(resolve => page.exposeFunction('codeAutomationExit', resolve));
    await page.goto(
      server.address(positionals.find(existsSync), [
        ...[values.extensionDevelopmentPath ?? []]
          .flat()
          .map(path => ['extensionDevelopmentPath', server.uriOf(String(path))] as const),
        ['extensionTestsPath', server.uriOf(testsPath)],
      ]),
    );
    return await Promise.race([exited, tooLate()]);
  } finally {
    mkdirSync(join(OUT, 'e2e'), { recursive: true });
    writeFileSync(join(OUT, 'e2e', 'host-console.txt'), ownMessages.join('\n'));
    await browser.close();
    await server.stop();
  }
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function tooLate(): Promise<never> {
  return new Promise((_, reject) => {
    setTimeout(reject, RUN_LIMIT_MS, new Error(`the tests did not end within ${RUN_LIMIT_MS} ms`)).unref();
  });
}
