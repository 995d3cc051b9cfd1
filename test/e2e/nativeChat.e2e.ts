import { expect, it } from 'vitest';
import { openEditor, screenshotFile } from './support/editor.ts';

it('answers as @minnow in the editor’s own chat: signed out, offline, from the first message on', async () => {
  // In its agent mode the editor offers only models that call tools, which the tiny one cannot; asking needs none.
  const settings = { 'chat.agent.enabled': false };
  await using editor = await openEditor({ files: { 'shop.ts': 'export const price = 1;\n' }, settings });
  await editor.waitUntilActivated();
  await editor.waitForStatus(/Minnow|\d ?m?s/);
  await editor.runCommand('Chat: Open Chat');
  const input = editor.page.locator('.interactive-input-part .monaco-editor').first();
  await input.waitFor({ timeout: 60_000 });
  await input.click();
  const list = editor.page.locator('.interactive-list').first();
  for (const question of ['hello', 'Who are you?', 'hello again']) {
    await editor.type(question === 'hello' ? '@minnow hello' : question);
    await editor.press('Escape'); // closes the list of completions, should one be open
    await editor.press('Enter');
    // The list draws only what is on screen: the question asked last, and its answer below it.
    await expect
      .poll(() => list.innerText(), { timeout: 60_000 })
      .toMatch(new RegExp(`${question.replace('?', '\\?')}[\\s\\S]*first token[\\s\\S]*\\$0`))
      .finally(() => editor.screenshot(screenshotFile('native-chat-light')));
    expect(await list.innerText()).not.toMatch(/Language model unavailable|Sign in/);
  }
});
