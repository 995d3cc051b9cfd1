import { mkdirSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchChromium } from './chromium.ts';
import type { EditorServer } from './server.ts';

const INLINE_GHOST_TEXT = '.ghost-text-decoration:not(.ghost-text-decoration-preview)';
const GHOST_TEXT_BELOW = '.suggest-preview-text .view-line';
const STATUS_ITEM = '.statusbar-item[id^="minnow.minnow"]';
const EDITOR = '.editor-instance .monaco-editor';

/** A person strikes a key about this often. */
const KEY_GAP_MS = 60;
const SETTLE_MS = 200;
const READY_LIMIT_MS = 60_000;
const GHOST_LIMIT_MS = 30_000;

export interface WindowOptions {
  readonly folder?: string;
  /** Opened at the start, its editor focused. */
  readonly file?: string;
  readonly size?: { readonly width: number; readonly height: number };
}

/** One VS Code window, driven by keyboard and read from the page as a person would. */
export interface EditorWindow {
  readonly page: Page;
  /** Lets the extension's status bar item appear: it has been activated. */
  waitUntilActivated(): Promise<void>;
  /** Strikes the keys of a text one by one. */
  type(text: string): Promise<void>;
  press(keys: string): Promise<void>;
  /** The whole ghost text that is on screen, lines separated by a line feed; empty where there is none. */
  ghostText(): Promise<string>;
  /** Resolves with the ghost text as soon as there is some that `accepts` likes. */
  waitForGhostText(accepts?: (text: string) => boolean): Promise<string>;
  waitForNoGhostText(): Promise<void>;
  /** What the status bar item says, its icons left out. */
  statusText(): Promise<string>;
  waitForStatus(pattern: RegExp): Promise<string>;
  /** Lets the card of the status bar item appear. Resolves with its text. */
  hoverStatus(): Promise<string>;
  /** Opens a file of the folder, by its path in it, and puts the cursor into it. */
  openFile(path: string): Promise<void>;
  /** Runs a command by its title, as shown in the palette. */
  runCommand(title: string): Promise<void>;
  goToLine(line: number, column?: number): Promise<void>;
  /** The text of the lines on screen. */
  visibleText(): Promise<string>;
  screenshot(file: string): Promise<void>;
  close(): Promise<void>;
}

export async function openWindow(server: EditorServer, options: WindowOptions = {}): Promise<EditorWindow> {
  const browser = await launchChromium();
  try {
    const page = await browser.newPage({ viewport: options.size ?? { width: 1280, height: 800 } });
    const openFile = options.file ? [['openFile', server.uriOf(options.file)] as const] : [];
    await page.goto(server.address(options.folder, openFile));
    if (options.file) await focusEditor(page);
    else await page.locator('.monaco-workbench').waitFor({ timeout: READY_LIMIT_MS });
    return driver(browser, page);
  } catch (error) {
    await browser.close();
    throw error;
  }
}

async function focusEditor(page: Page): Promise<void> {
  await page.locator(EDITOR).first().locator('.view-line').first().click({ timeout: READY_LIMIT_MS });
}

function driver(browser: Browser, page: Page): EditorWindow {
  const status = page.locator(STATUS_ITEM).first();
  const press = (keys: string) => page.keyboard.press(keys);
  const ghostText = () => readGhostText(page);
  const statusText = async () => ((await status.textContent()) ?? '').trim();

  async function waitFor<T>(what: string, read: () => Promise<T>, accepts: (value: T) => boolean, limitMs: number) {
    const deadline = performance.now() + limitMs;
    for (;;) {
      const value = await read();
      if (accepts(value)) return value;
      if (performance.now() > deadline) throw new Error(`${what}: still ${JSON.stringify(value)} after ${limitMs} ms`);
      await page.waitForTimeout(20);
    }
  }

  return {
    page,
    waitUntilActivated: () => status.waitFor({ timeout: READY_LIMIT_MS }),
    type: text => page.keyboard.type(text, { delay: KEY_GAP_MS }),
    press,
    ghostText,
    async waitForGhostText(accepts = text => text !== '') {
      // Its parts are drawn one after the other: only what stays is the whole.
      for (let before = ''; ; ) {
        const text = await waitFor('ghost text', ghostText, accepts, GHOST_LIMIT_MS);
        if (text === before) return text;
        before = text;
        await page.waitForTimeout(SETTLE_MS);
      }
    },
    waitForNoGhostText: () => waitFor('no ghost text', ghostText, text => text === '', GHOST_LIMIT_MS).then(() => {}),
    statusText,
    waitForStatus: pattern => waitFor(`status ${pattern}`, statusText, text => pattern.test(text), READY_LIMIT_MS),
    async hoverStatus() {
      await status.hover();
      const card = page.locator('.workbench-hover');
      await card.first().waitFor();
      return (await card.first().textContent()) ?? '';
    },
    async openFile(path) {
      await press('Control+p');
      const input = page.locator('.quick-input-widget input').first();
      await input.waitFor();
      await input.fill(path);
      const name = basename(path);
      await page.locator('.quick-input-list .monaco-list-row', { hasText: name }).first().click();
      await page.locator('.tab.active', { hasText: name }).waitFor();
      await focusEditor(page);
    },
    async runCommand(title) {
      await press('F1');
      const input = page.locator('.quick-input-widget input').first();
      await input.waitFor();
      await input.fill(`>${title}`);
      // Not Enter, which takes whichever row has the focus while the list is still being filtered.
      await page.locator('.quick-input-list .monaco-list-row', { hasText: title }).first().click();
    },
    async goToLine(line, column = 1) {
      await press('Control+g');
      const input = page.locator('.quick-input-widget input').first();
      await input.waitFor();
      await input.fill(`:${line}:${column}`);
      await press('Enter');
      await page.locator('.quick-input-widget').first().waitFor({ state: 'hidden' });
    },
    visibleText: () => readVisibleText(page),
    async screenshot(file) {
      mkdirSync(dirname(file), { recursive: true });
      await page.screenshot({ path: file });
    },
    close: () => browser.close(),
  };
}

/** Ghost text begins in the line itself; its further lines stand in a zone below. */
async function readGhostText(page: Page): Promise<string> {
  const parts = await page
    .locator(`${INLINE_GHOST_TEXT}, ${GHOST_TEXT_BELOW}`)
    .evaluateAll(elements =>
      elements.map(element => ({ text: element.textContent ?? '', isBelow: element.classList.contains('view-line') })),
    );
  const inline = parts.filter(part => !part.isBelow).map(part => part.text);
  const below = parts.filter(part => part.isBelow).map(part => part.text);
  return plainBlanks([inline.join(''), ...below].join('\n'));
}

/** The document's own lines as they are drawn, top to bottom; the page has them in any order, with ghost text among them. */
async function readVisibleText(page: Page): Promise<string> {
  const lines = await page.locator(`${EDITOR} .view-lines .view-line`).evaluateAll((elements, ghost) => {
    return elements.map(element => {
      const own = element.cloneNode(true) as typeof element;
      for (const part of own.querySelectorAll(ghost)) part.remove();
      return { text: own.textContent ?? '', top: element.offsetTop };
    });
  }, INLINE_GHOST_TEXT);
  return plainBlanks(
    lines
      .sort((a, b) => a.top - b.top)
      .map(line => line.text)
      .join('\n'),
  );
}

/** The editor draws blanks as no-break spaces. */
function plainBlanks(text: string): string {
  return text.replaceAll('\u00a0', ' ');
}
