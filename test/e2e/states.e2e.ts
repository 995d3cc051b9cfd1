// Each error that people can act on, seen in a real VS Code: one state in the status bar, one action first in its menu.
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { closedPort } from '../support/scriptedServer.ts';
import { openEditor, screenshotFile, type TestEditor } from './support/editor.ts';

const FILES = { 'shop.ts': 'export function total(prices: number[]): number {\n  \n}\n' };

interface Served extends AsyncDisposable {
  readonly url: string;
  readonly paths: string[];
}

async function serve(listener: RequestListener): Promise<Served> {
  const paths: string[] = [];
  const server = createServer((request, response) => {
    paths.push(request.url ?? '');
    listener(request, response);
  });
  await new Promise<void>(resolve => {
    server.listen(0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    paths,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise(resolve => server.close(resolve));
    },
  };
}

const json = (status: number, body: unknown): RequestListener => {
  return (_, response) => response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
};

/** An Ollama that has one model, which cannot fill in the middle, and nothing else. */
const chatOnlyOllama: RequestListener = (request, response) => {
  const model = { name: 'llama3.2:1b', model: 'llama3.2:1b', size: 1_300_000_000, details: { family: 'llama' } };
  if (request.url === '/api/version') return json(200, { version: '0.24.0' })(request, response);
  if (request.url === '/api/ps') return json(200, { models: [] })(request, response);
  if (request.url === '/api/tags') return json(200, { models: [model] })(request, response);
  let body = '';
  request.on('data', chunk => {
    body += chunk;
  });
  request.on('end', () => {
    const isKnown = request.url === '/api/show' && body.includes(model.name);
    const shown = { details: model.details, capabilities: ['completion'], model_info: {}, template: '{{ .Prompt }}' };
    json(isKnown ? 200 : 404, isKnown ? shown : { error: 'model not found' })(request, response);
  });
};

async function firstMenuEntry({ page, press }: TestEditor): Promise<string> {
  await page.locator('.statusbar-item[id^="minnow.minnow"]').first().click();
  const row = page.locator('.quick-input-list .monaco-list-row').first();
  await row.waitFor();
  const label = (await row.locator('.label-name').first().textContent()) ?? '';
  await press('Escape');
  return label.trim();
}

it('tells every state with one action, and never by a pop-up', async () => {
  await using denying = await serve(json(401, { error: { message: 'no key' } }));
  await using website = await serve((_, response) =>
    response.setHeader('content-type', 'text/html').end('<html></html>'),
  );
  await using leading = await serve((_, response) =>
    response.writeHead(302, { location: 'https://elsewhere.example/' }).end(),
  );
  await using ollama = await serve(chatOnlyOllama);
  const endpoint = (url: string, model: string) => ({
    'minnow.endpoints': [{ name: 'team', url }],
    'minnow.ladder.edge': `team/${model}`,
  });
  const STATES: readonly (readonly [status: RegExp, action: string, settings: Record<string, unknown>])[] = [
    [/no server/, 'Look Again', endpoint(`http://127.0.0.1:${await closedPort()}`, 'm')],
    [/wrong address/, 'Open Setting', endpoint(website.url, 'm')],
    [/needs a key/, 'Set API Key…', endpoint(denying.url, 'm')],
    [/redirected/, 'Open Setting', endpoint(leading.url, 'm')],
    [/model missing/, 'Copy Pull Command', endpoint(ollama.url, 'qwen2.5-coder:1.5b')],
    [/wrong model/, 'Switch Model…', endpoint(ollama.url, 'llama3.2:1b')],
    [/unknown endpoint/, 'Open Setting', { 'minnow.ladder.edge': 'nowhere/m' }],
    [/model file missing/, 'Open Setting', { 'minnow.embedded.modelPath': '/nowhere/model.gguf' }],
    [/model file damaged/, 'Open Setting', { 'minnow.embedded.modelPath': import.meta.filename }],
    [/^Minnow$/, 'Turn Completions On', { 'minnow.completion.enabled': false }],
  ];
  await using editor = await openEditor({ files: FILES });
  await editor.waitUntilActivated();
  for (const [status, action, settings] of STATES) {
    editor.changeSettings({ 'minnow.embedded.enabled': 'minnow.embedded.modelPath' in settings, ...settings });
    await editor.waitForStatus(status);
    expect(await firstMenuEntry(editor)).toBe(action);
    await editor.screenshot(screenshotFile(`state-${status.source.replace(/\W+/g, '-')}`));
  }
  await editor.goToLine(2, 3);
  await editor.type('return prices');
  expect(await editor.page.locator('.notification-toast').count()).toBe(0);
  expect(await editor.page.locator('.monaco-dialog-box').count()).toBe(0);
});

it('sends a key that was entered to the address that it was entered for', async () => {
  const keys: (string | undefined)[] = [];
  await using server = await serve((request, response) => {
    keys.push(request.headers.authorization);
    if (request.headers.authorization !== 'Bearer sesame')
      return json(401, { error: { message: 'no key' } })(request, response);
    return json(200, { object: 'list', data: [] })(request, response);
  });
  await using editor = await openEditor({
    files: FILES,
    settings: {
      'minnow.endpoints': [{ name: 'team', url: server.url, dialect: 'openai' }],
      'minnow.ladder.edge': 'team/m',
    },
  });
  await editor.waitForStatus(/needs a key/);
  expect(keys.filter(key => key !== undefined)).toEqual([]);
  await editor.runCommand('Minnow: Set API Key for Endpoint…');
  await editor.page.locator('.quick-input-list .monaco-list-row', { hasText: 'team' }).waitFor();
  await editor.press('Enter');
  const input = editor.page.locator('.quick-input-widget input[type=password]');
  await input.waitFor();
  await editor.screenshot(screenshotFile('set-api-key'));
  await input.fill('sesame');
  await editor.press('Enter');
  await editor.waitForStatus(/model missing/);
  expect(keys).toContain('Bearer sesame');
});

it.each(['all', 'restricted'] as const)('lets no folder say where code goes (trust: %s)', async trust => {
  await using elsewhere = await serve(json(200, { object: 'list', data: [{ id: 'm', object: 'model' }] }));
  const hostile = {
    'minnow.endpoints': [{ name: 'evil', url: elsewhere.url }],
    'minnow.ladder.edge': 'evil/m',
    'minnow.ladder.workhorse': 'evil/m',
    'minnow.ladder.foundation': 'evil/m',
    'minnow.fallback': 'ask',
    'minnow.embedded.modelPath': '/nowhere/evil.gguf',
  };
  await using editor = await openEditor({
    files: { ...FILES, '.vscode/settings.json': JSON.stringify(hostile) },
    trust,
  });
  await editor.waitForStatus(/^Minnow$/);
  await editor.goToLine(2, 3);
  await editor.type('return ');
  await editor.waitForGhostText();
  expect(elsewhere.paths).toEqual([]);
});
