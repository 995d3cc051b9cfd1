// node test/bench/chatView.ts [--runs 40]: what the chat view adds to the engine's own time, in a real VS Code.
// Prints: first token at the server -> painted in the view; Stop -> end of the request at the server; frame times while an
// answer of 200 KB streams; the page's memory before, with and after it. See docs/performance.md.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Frame } from 'playwright-core';
import { startServer } from '../../scripts/editor/server.ts';
import { type EditorWindow, openWindow } from '../../scripts/editor/window.ts';
import { packageExtension } from '../../scripts/packaging/vsix.ts';
import { REPOSITORY } from '../../scripts/setup/paths.ts';
import { CODER, type ModelServer, startModelServer } from '../e2e/support/modelServer.ts';
import { describeMachine } from './report.ts';

const { values: options } = parseArgs({ options: { runs: { type: 'string', default: '40' } } });
const RUNS = Number(options.runs);
const ANSWER_CHARS = 200_000;
const PIECE_CHARS = 400;
const LIMIT_MS = 60_000;

/** Notes when text of the newest answer is first painted: the first task after the frame that has it. */
const WATCH = `new Promise(resolve => {
  const before = document.querySelectorAll('.answer-text').length;
  const look = () => {
    const answers = document.querySelectorAll('.answer-text');
    if (answers.length > before && answers[answers.length - 1].textContent.trim() !== '') {
      const c = new MessageChannel(); c.port1.onmessage = () => resolve(Date.now()); c.port2.postMessage(0);
    } else requestAnimationFrame(look);
  };
  look();
})`;

await using server = await startModelServer();
const folder = mkdtempSync(join(tmpdir(), 'minnow-chat-bench-'));
writeFileSync(join(folder, 'shop.ts'), 'export const price = 1;\n');
const vsix = (await packageExtension()).find(({ kind }) => kind === 'universal');
if (!vsix) throw new Error('there is no package');
const settings = { 'minnow.endpoints': [{ name: 'lab', url: server.url }], 'minnow.ladder.workhorse': `lab/${CODER}` };
const host = await startServer({ vsix: [join(REPOSITORY, vsix.file)], settings });
const editor = await openWindow(host, { folder, file: join(folder, 'shop.ts') });
try {
  await editor.waitUntilActivated();
  const frame = await openView(editor);
  console.log(describeMachine());
  print('first token at the server -> painted, ms', await firstTokens(frame, server));
  print('Stop -> request ended at the server, ms', await stops(frame, server));
  await longAnswer(frame, server);
} finally {
  await editor.close();
  await host.stop();
  rmSync(folder, { recursive: true, force: true });
}

async function openView(window: EditorWindow): Promise<Frame> {
  await window.runCommand('Minnow: Open Chat');
  for (const deadline = Date.now() + LIMIT_MS; Date.now() < deadline; ) {
    for (const frame of window.page.frames()) {
      const found = await frame
        .locator('button.primary:not([disabled])')
        .count()
        .catch(() => 0);
      if (found > 0) return frame;
    }
    await window.page.waitForTimeout(100);
  }
  throw new Error('the chat view did not open');
}

async function ask(frame: Frame): Promise<void> {
  await frame.locator('textarea').fill('go');
  await frame.locator('textarea').press('Enter');
}

async function firstTokens(frame: Frame, model: ModelServer): Promise<number[]> {
  model.chat = () => ({ pieces: ['Hello ', 'there.'], pauseMs: 150 });
  const times: number[] = [];
  for (let run = 0; run < RUNS; run++) {
    model.chatLog.length = 0;
    const painted = frame.evaluate<number>(WATCH);
    await ask(frame);
    const atMs = await painted;
    times.push(atMs - (model.chatLog[0]?.atMs ?? Number.NaN));
    await frame.locator('button.primary', { hasText: 'Send' }).waitFor({ timeout: LIMIT_MS });
  }
  return times;
}

async function stops(frame: Frame, model: ModelServer): Promise<number[]> {
  const times: number[] = [];
  for (let run = 0; run < Math.ceil(RUNS / 2); run++) {
    model.chat = () => ({ pieces: Array.from({ length: 5_000 }, (_, n) => `word${n} `), pauseMs: 10 });
    model.chatLog.length = 0;
    const painted = frame.evaluate<number>(WATCH);
    await ask(frame);
    await painted;
    const stoppedMs = await frame.evaluate<number>(`(document.querySelector('button.primary').click(), Date.now())`);
    await frame.locator('button.primary', { hasText: 'Send' }).waitFor({ timeout: LIMIT_MS });
    times.push((model.chatLog.findLast(({ kind }) => kind === 'gone')?.atMs ?? Number.NaN) - stoppedMs);
  }
  return times;
}

async function longAnswer(frame: Frame, model: ModelServer): Promise<void> {
  const paragraph =
    'A paragraph with **bold** words and `code` that goes on until the line is full.\n\n```ts\nconst a = 1;\n```\n\n';
  const text = paragraph.repeat(Math.ceil(ANSWER_CHARS / paragraph.length));
  const pieces = text.match(new RegExp(`[\\s\\S]{1,${PIECE_CHARS}}`, 'g')) ?? [];
  const heap = async () =>
    Math.round((await frame.evaluate<number>('performance.memory.usedJSHeapSize')) / 1024 / 1024);
  const idle = await frames(frame, () => frame.waitForTimeout(3_000));
  const before = await heap();
  model.chat = () => ({ pieces, pauseMs: 5 });
  const streaming = await frames(frame, async () => {
    await ask(frame);
    await frame.locator('button.primary', { hasText: 'Stop' }).waitFor({ timeout: LIMIT_MS });
    await frame.locator('button.primary', { hasText: 'Send' }).waitFor({ timeout: LIMIT_MS });
  });
  const during = await heap();
  print('frame while nothing happens, ms', idle);
  print(`frame while ${Math.round(text.length / 1000)} KB stream in, ms`, streaming);
  await frame.locator('button[aria-label="New Chat"]').click();
  await frame.locator('.answer-text').first().waitFor({ state: 'detached' });
  await frame.waitForTimeout(5_000);
  console.log(`memory of the page: ${before} MB before, ${during} MB with it, ${await heap()} MB after a new chat`);
}

async function frames(frame: Frame, work: () => Promise<unknown>): Promise<number[]> {
  await frame.evaluate(`(() => {
    window.minnowFrames = []; window.minnowCounting = true; let last = performance.now();
    const next = () => { const now = performance.now(); minnowFrames.push(now - last); last = now; if (minnowCounting) requestAnimationFrame(next); };
    requestAnimationFrame(next);
  })()`);
  await work();
  return frame.evaluate<number[]>('(minnowCounting = false, minnowFrames)');
}

function print(what: string, values: readonly number[]): void {
  const sorted = values.filter(value => !Number.isNaN(value)).sort((a, b) => a - b);
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]?.toFixed(1);
  console.log(`${what}: p50 ${at(0.5)}, p95 ${at(0.95)}, max ${sorted.at(-1)?.toFixed(1)}, n ${sorted.length}`);
}
