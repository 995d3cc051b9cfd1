import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, it } from 'vitest';
import { openChat } from './support/chat.ts';
import { openEditor, screenshotFile, type TestEditor } from './support/editor.ts';
import { ownName, type RemoteEngine, startRemoteEngine } from './support/remoteEngine.ts';

const FILES = { 'shop.ts': 'export function isAdult(age: number): boolean {\n  return age >= 18;\n}\n' };
const name = await ownName();
const skipped = name ? '' : ' (skipped: the name of this machine leads to no address)';

function settingsFor(remote: RemoteEngine, fallback: 'off' | 'ask') {
  return {
    'minnow.endpoints': [{ name: 'far', url: remote.url, dialect: 'openai' }],
    'minnow.ladder.foundation': `far/${remote.model}`,
    'minnow.fallback': fallback,
    'minnow.prices': [{ model: `far/${remote.model}`, input: 2, output: 10 }],
  };
}

it.skipIf(!name)(`builds no remote client while fallback is off${skipped}`, async () => {
  await using remote = await startRemoteEngine(name ?? '');
  const env = { NODE_EXTRA_CA_CERTS: remote.certificateFile };
  await using editor = await openEditor({ files: FILES, settings: settingsFor(remote, 'off'), env });
  await editor.waitUntilActivated();
  const chat = await openChat(editor);
  await chat.ask('hello');
  await chat.waitForAnswers(1);
  expect(await chat.frame.getByText('Ask a Larger Model').count()).toBe(0);
  expect(remote.connections()).toBe(0);
});

it.skipIf(!name)(`sends a question to a larger model only after it was shown and agreed to${skipped}`, async () => {
  await using remote = await startRemoteEngine(name ?? '');
  const env = { NODE_EXTRA_CA_CERTS: remote.certificateFile };
  await using editor = await openEditor({ files: FILES, settings: settingsFor(remote, 'ask'), env });
  await editor.waitUntilActivated();
  await enterKey(editor, remote.key);
  const chat = await openChat(editor);
  await chat.ask('hello');
  await chat.waitForAnswers(1);
  const sent = () => remote.requests.filter(request => request.startsWith('POST'));

  const askLarger = chat.frame.getByText('Ask a Larger Model').first();
  await askLarger.click();
  const dialog = editor.page.locator('.monaco-dialog-box');
  await dialog.waitFor();
  await editor.screenshot(screenshotFile('consent-light'));
  const words = await dialog.innerText();
  expect(words).toContain(`Send this question to ${remote.model} at ${new URL(remote.url).host}?`);
  expect(words).toMatch(/Costs at most: \$\d/);
  expect(await dialog.locator('.monaco-button:focus').innerText()).toBe('Answer Locally');
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await dialog.waitFor({ state: 'detached' });
  expect(sent()).toEqual([]);

  await askLarger.click();
  await dialog.getByRole('button', { name: 'Send Once' }).click();
  await chat.waitForAnswers(2);
  await editor.screenshot(screenshotFile('larger-model-light'));
  expect(sent()).toEqual(['POST /v1/chat/completions']);
  const line = await chat.frame.locator('.answer-foot').nth(1).innerText();
  expect(line).toContain(`${remote.counted.inputTokens} in`);
  expect(line).toContain(`${remote.counted.outputTokens} out`);
  expect(await chat.frame.locator('minnow-answer .codicon-cloud').count()).toBe(1);

  const row = await ledgerRow(editor);
  expect(row).toMatchObject({
    locality: 'remote',
    endpoint: 'far',
    input_tokens: remote.counted.inputTokens,
    output_tokens: remote.counted.outputTokens,
    fallback_reason: 'you asked for it',
  });
  expect(row.fallback_from).toMatch(/\w/);
  expect(row.cost_micro_usd).toBe(remote.counted.inputTokens * 2 + remote.counted.outputTokens * 10);
});

async function enterKey(editor: TestEditor, key: string): Promise<void> {
  await editor.runCommand('Minnow: Set API Key for Endpoint…');
  const row = editor.page.locator('.quick-input-list .monaco-list-row', { hasText: 'far' }).first();
  await row.click();
  const input = editor.page.locator('.quick-input-widget input[type="password"]').first();
  await input.fill(key);
  await editor.press('Enter');
}

/** The newest remote row; the ledger writes behind, so it is waited for. */
async function ledgerRow(editor: TestEditor): Promise<Record<string, unknown>> {
  const data = dirname(dirname(editor.server.machineSettingsFile));
  const file = () => readdirSync(data, { recursive: true }).find(path => String(path).endsWith('ledger.sqlite'));
  await expect.poll(file, { timeout: 20_000 }).toBeDefined();
  const database = new DatabaseSync(join(data, String(file())), { readOnly: true });
  const read = () => database.prepare("SELECT * FROM requests WHERE locality = 'remote'").get();
  await expect.poll(read, { timeout: 20_000 }).toBeDefined();
  const row = read() ?? {};
  database.close();
  return row;
}
