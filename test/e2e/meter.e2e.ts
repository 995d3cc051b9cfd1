import type { Frame } from 'playwright-core';
import { expect, it } from 'vitest';
import { violationsIn } from './support/accessibility.ts';
import { openEditor, screenshotFile, type TestEditor } from './support/editor.ts';
import { CODER, startModelServer } from './support/modelServer.ts';

const THEMES = {
  light: 'Default Light Modern',
  dark: 'Default Dark Modern',
  'high-contrast': 'Default High Contrast',
  'high-contrast-light': 'Default High Contrast Light',
};

async function frameWith({ page }: TestEditor, selector: string): Promise<Frame> {
  let found: Frame | undefined;
  const look = async () => {
    for (const frame of page.frames()) {
      if (
        await frame
          .locator(selector)
          .count()
          .catch(() => 0)
      )
        found = frame;
    }
    return found;
  };
  await expect.poll(look, { timeout: 30_000 }).toBeDefined();
  if (!found) throw new Error(`no view has ${selector}`);
  return found;
}

async function expectAccessible(frame: Frame, what: string): Promise<void> {
  expect(await violationsIn(frame), what).toEqual([]);
}

it('shows requests as they happen, and the dashboard, in every kind of theme and by keyboard', async () => {
  await using server = await startModelServer();
  server.reply = textBefore => ({ text: textBefore.endsWith('const total = ') ? 'price + tax;' : '' });
  const settings = {
    'minnow.endpoints': [{ name: 'lab', url: server.url }],
    'minnow.ladder.edge': `lab/${CODER}`,
    'minnow.completion.speculation': false,
  };
  await using editor = await openEditor({ files: { 'shop.ts': 'const price = 100;\nconst tax = 19;\n' }, settings });
  await editor.waitUntilActivated();
  await editor.press('Control+End');
  await editor.type('const total = ');
  await editor.waitForGhostText();
  await editor.press('Tab');
  await editor.waitForNoGhostText();

  await editor.runCommand('Minnow: Show Requests');
  const inspector = await frameWith(editor, 'minnow-inspector tbody tr');
  const accepted = inspector.locator('tbody tr', { hasText: 'accepted' }).first();
  await accepted.focus();
  await editor.page.keyboard.press('Enter');
  await inspector.locator('.detail dl').waitFor();
  await expect(inspector.locator('.detail').innerText()).resolves.toMatch(/Prompt\s+20 tok[\s\S]*Generated\s+5 tok/);
  await expect(accepted.innerText()).resolves.toMatch(/completion\s+qwen2.5-coder-1.5b[\s\S]*20 \(—\)\s+5\s+\$0/);

  await editor.runCommand('Minnow: Open Dashboard');
  const dashboard = await frameWith(editor, 'minnow-dashboard .figures');
  await expect(dashboard.locator('.figures').first().innerText()).resolves.toMatch(
    /Time to suggestion\s+[\d.]+ m?s \/ /,
  );
  await dashboard.getByRole('button', { name: '30 days' }).press('Enter');
  await dashboard.locator('main[aria-busy="false"]').waitFor();
  await expect(dashboard.getByRole('button', { name: '30 days' }).getAttribute('aria-pressed')).resolves.toBe('true');

  for (const [name, theme] of Object.entries(THEMES)) {
    editor.changeSettings({ 'workbench.colorTheme': theme });
    const kind = name === 'dark' ? 'vscode-dark' : name === 'light' ? 'vscode-light' : `vscode-${name}`;
    await dashboard.locator(`body.${kind}`).waitFor({ timeout: 20_000 });
    await expectAccessible(dashboard, `dashboard, ${name}`);
    await expectAccessible(inspector, `inspector, ${name}`);
    await editor.screenshot(screenshotFile(`meter-${name}`));
  }
});
