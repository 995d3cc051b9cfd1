import type { Frame } from 'playwright-core';
import { expect } from 'vitest';
import type { TestEditor } from './editor.ts';

const ANSWER_LIMIT_MS = 60_000;

/** Minnow's chat view, as a person uses it. */
export interface ChatPage {
  readonly frame: Frame;
  ask(question: string): Promise<void>;
  /** Resolves when that many answers stand there complete. */
  waitForAnswers(count: number): Promise<void>;
  answerText(index: number): Promise<string>;
}

export async function openChat(editor: TestEditor): Promise<ChatPage> {
  await editor.runCommand('Minnow: Open Chat');
  await expect.poll(() => chatFrame(editor), { timeout: 30_000 }).toBeDefined();
  const frame = await chatFrame(editor);
  if (!frame) throw new Error('the chat view did not open');
  const box = frame.locator('textarea');
  return {
    frame,
    async ask(question) {
      await box.fill(question);
      await frame.locator('button.primary:not([disabled])').waitFor({ timeout: ANSWER_LIMIT_MS });
      await box.press('Enter');
      // With a command still open in the menu, the first Enter takes it.
      if ((await box.inputValue()).trim() !== '') await box.press('Enter');
    },
    async waitForAnswers(count) {
      await expect.poll(() => frame.locator('.answer-foot').count(), { timeout: ANSWER_LIMIT_MS }).toBe(count);
    },
    answerText: index => frame.locator('.answer-text').nth(index).innerText(),
  };
}

async function chatFrame({ page }: TestEditor): Promise<Frame | undefined> {
  for (const frame of page.frames()) {
    const found = await frame
      .locator('minnow-composer textarea')
      .count()
      .catch(() => 0); // frames come and go while the view is built
    if (found > 0) return frame;
  }
  return undefined;
}
