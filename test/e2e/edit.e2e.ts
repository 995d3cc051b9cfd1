import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { openEditor, screenshotFile } from './support/editor.ts';

const SHOP = `interface User {
  name: string;
  age: number;
}

export function isAdult(user: User): boolean {
  return user.age >= 18;
}
`;

it('proposes an edit as a diff, changes nothing before it is accepted, and is undone in one step', async () => {
  await using editor = await openEditor({ files: { 'shop.ts': SHOP } });
  await editor.waitUntilActivated();
  await editor.waitForStatus(/Minnow|\d ?m?s/);
  await editor.goToLine(6);
  for (const keys of ['Shift+ArrowDown', 'Shift+ArrowDown', 'Shift+End']) await editor.press(keys);
  await editor.runCommand('Minnow: Edit Selection…');
  const input = editor.page.locator('.quick-input-widget input').first();
  await input.fill('rename isAdult to isGrownUp');
  await editor.press('Enter');
  const accept = editor.page.locator('.editor-actions a[aria-label^="Accept Proposed Edit"]').first();
  await accept.waitFor({ timeout: 60_000 });
  await editor.screenshot(screenshotFile('edit-proposed-light'));
  expect(readFileSync(join(editor.folder, 'shop.ts'), 'utf8')).toBe(SHOP);
  const proposed = await editor.page.locator('.editor.modified .view-lines').first().innerText();

  await accept.click();
  await editor.page.locator('.editor.modified').first().waitFor({ state: 'detached' });
  await expect.poll(() => editor.visibleText()).not.toBe(SHOP.trimEnd());
  await editor.page.locator('.editor-instance .view-lines').first().click();
  await editor.press('Control+z');
  await expect.poll(async () => (await editor.visibleText()).trimEnd()).toBe(SHOP.trimEnd());
  expect(proposed).not.toBe('');
});

it('writes a commit message for what is staged into the Source Control box', async () => {
  await using editor = await openEditor({ files: { 'shop.ts': SHOP } });
  const git = (...words: string[]) => execFileSync('git', ['-C', editor.folder, ...words], { stdio: 'ignore' });
  git('init');
  git('add', '.');
  await editor.waitUntilActivated();
  await editor.waitForStatus(/Minnow|\d ?m?s/);
  await editor.press('Control+Shift+g');
  await editor.page
    .locator('a[aria-label^="Generate Commit Message"]')
    .first()
    .waitFor({ state: 'attached', timeout: 60_000 });
  await editor.runCommand('Minnow: Generate Commit Message');
  const box = editor.page.locator('.scm-input .view-lines, .scm-editor .view-lines').first();
  await expect
    .poll(async () => (await box.innerText()).trim(), { timeout: 60_000 })
    .toMatch(/\w{3,}/)
    .finally(() => editor.screenshot(screenshotFile('commit-message-light')));
});
