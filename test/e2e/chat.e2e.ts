import type { Frame } from 'playwright-core';
import { expect, it } from 'vitest';
import { openEditor, screenshotFile, type TestEditor } from './support/editor.ts';

const SHOP = `interface User {
  name: string;
  age: number;
}

export function isAdult(user: User): boolean {
  return user.age >= 18;
}
`;

async function chatFrame(editor: TestEditor): Promise<Frame> {
  await editor.runCommand('Minnow: Open Chat');
  await expect.poll(() => findFrame(editor), { timeout: 30_000 }).toBeDefined();
  const frame = await findFrame(editor);
  if (!frame) throw new Error('the chat view did not open');
  return frame;
}

async function findFrame({ page }: TestEditor): Promise<Frame | undefined> {
  for (const frame of page.frames()) {
    if (
      await frame
        .locator('minnow-composer textarea')
        .count()
        .catch(() => 0)
    )
      return frame;
  }
  return undefined;
}

it('answers from the built-in engine in a view of its own', async () => {
  await using editor = await openEditor({ files: { 'shop.ts': SHOP } });
  await editor.waitUntilActivated();
  await editor.waitForStatus(/Minnow|\d ?m?s/);
  const chat = await chatFrame(editor);
  const empty = chat.getByText('answers, on this machine');
  await empty.waitFor({ timeout: 60_000 }).finally(() => editor.screenshot(screenshotFile('chat-empty-light')));

  await chat.locator('textarea').fill('hello');
  await chat.locator('textarea').press('Enter');
  await chat.locator('.answer-foot').first().waitFor({ timeout: 60_000 });
  await expect(chat.locator('.answer-text').first().innerText()).resolves.toMatch(/\w/);
  await expect(chat.locator('.answer-foot').first().innerText()).resolves.toMatch(
    /first token · .*tok\/s · .* in .* out · \$0/,
  );
  await chat.locator('textarea').fill('/explain');
  await chat.locator('textarea').press('Enter');
  await chat.locator('textarea').press('Enter');
  await expect.poll(() => chat.locator('.answer-foot').count(), { timeout: 60_000 }).toBe(2);
  await editor.screenshot(screenshotFile('chat-answer-light'));
});
