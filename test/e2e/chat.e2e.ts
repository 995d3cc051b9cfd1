import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { violationsIn } from './support/accessibility.ts';
import { type ChatPage, openChat } from './support/chat.ts';
import { openEditor, screenshotFile, type TestEditor } from './support/editor.ts';

const SHOP = `interface User {
  name: string;
  age: number;
}

export function isAdult(user: User): boolean {
  return user.age >= 18;
}
`;

async function ready(editor: TestEditor): Promise<ChatPage> {
  await editor.waitUntilActivated();
  const chat = await openChat(editor);
  await chat.frame.getByText('answers, on this machine').waitFor({ timeout: 60_000 });
  return chat;
}

/** What stands on disk of the conversations, all in one. */
function keptConversations(editor: TestEditor): string {
  const data = dirname(dirname(editor.server.machineSettingsFile));
  const files = readdirSync(data, { recursive: true }).map(String);
  const kept = files.filter(path => /conversations[/\\][^/\\]+\.json$/.test(path));
  return kept.map(path => readFileSync(join(data, path), 'utf8')).join('\n');
}

it('holds a conversation of three turns with the built-in engine, and has it back after a reload', async () => {
  await using editor = await openEditor({ files: { 'shop.ts': SHOP } });
  const chat = await ready(editor);
  await editor.screenshot(screenshotFile('chat-empty-light'));
  for (const [index, question] of ['hello', '/explain', 'Who are you?'].entries()) {
    await chat.ask(question);
    await chat.waitForAnswers(index + 1);
  }
  const lines = await chat.frame.locator('.answer-foot').allInnerTexts();
  for (const line of lines) expect(line).toMatch(/first token · .*tok\/s · \d.* in \(\d+ cached\) · \d+ out · \$0/);
  const answers = [await chat.answerText(0), await chat.answerText(1), await chat.answerText(2)];
  expect(answers.every(text => /\w/.test(text))).toBe(true);
  await chat.frame.locator('textarea').fill('and then');
  await editor.screenshot(screenshotFile('chat-answers-light'));

  await expect.poll(() => keptConversations(editor), { timeout: 20_000 }).toContain('and then');
  await editor.page.reload();
  await editor.waitUntilActivated();
  const again = await openChat(editor);
  await again.waitForAnswers(3);
  expect([await again.answerText(0), await again.answerText(1), await again.answerText(2)]).toEqual(answers);
  expect(await again.frame.locator('textarea').inputValue()).toBe('and then');
});

/** What has the focus, by its name. */
const FOCUSED =
  "document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent?.trim() ?? ''";

it('is used by keyboard alone: question, command, stop, edit, history', async () => {
  await using editor = await openEditor({ files: { 'shop.ts': SHOP } });
  const chat = await ready(editor);
  const { frame } = chat;
  await expect.poll(() => frame.evaluate('document.activeElement?.tagName')).toBe('TEXTAREA');
  await editor.press('/');
  await frame.locator('[role="option"][aria-selected="true"]', { hasText: '/explain' }).waitFor();
  await editor.press('ArrowDown');
  await editor.press('Enter');
  expect(await frame.locator('textarea').inputValue()).toBe('/fix ');
  for (const _ of '/fix ') await editor.press('Backspace');
  await editor.type('hello');
  await editor.press('Enter');
  await chat.waitForAnswers(1);
  await editor.press('ArrowUp');
  expect(await frame.locator('textarea').inputValue()).toBe('hello');
  await editor.type(' again');
  await editor.press('Enter');
  await expect.poll(() => frame.locator('.question-text').allInnerTexts()).toEqual(['hello again']);
  await chat.waitForAnswers(1);

  await frame.locator('textarea').focus();
  const focused: string[] = [];
  for (let step = 0; step < 14; step++) {
    await editor.press('Shift+Tab');
    focused.push(await frame.evaluate<string>(FOCUSED));
  }
  for (const name of ['Conversation', 'History', 'New Chat', 'Export to Markdown', 'Edit and resend', 'Regenerate']) {
    expect(focused).toContain(name);
  }
  await frame.getByLabel('History', { exact: true }).first().focus();
  await editor.press('Enter');
  await frame.getByPlaceholder('Search conversations').waitFor();
});

it.each([
  ['dark', 'Default Dark Modern'],
  ['light', 'Default Light Modern'],
  ['high-contrast', 'Default High Contrast'],
  ['high-contrast-light', 'Default High Contrast Light'],
])('can be read in %s, without a violation of accessibility rules', async (name, theme) => {
  await using editor = await openEditor({ files: { 'shop.ts': SHOP }, settings: { 'workbench.colorTheme': theme } });
  const chat = await ready(editor);
  expect(await violationsIn(chat.frame)).toEqual([]);
  await chat.ask('Write a TypeScript function `isEmpty` that returns true if the array is empty.');
  await chat.waitForAnswers(1);
  await editor.screenshot(screenshotFile(`chat-answer-${name}`));
  expect(await violationsIn(chat.frame)).toEqual([]);
});
