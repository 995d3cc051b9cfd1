import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { openEditor, screenshotFile, type TestEditor } from './support/editor.ts';
import { CODER, type ModelServer, startModelServer } from './support/modelServer.ts';

const FILE = `/** What is paid for one piece, and the tax on it. */
const price = 100;
const tax = 19;
`;

/** Says so after \`const total = \`, and nothing anywhere else. */
const answerTotal = (textBefore: string) => ({ text: textBefore.endsWith('const total = ') ? 'price + tax;' : '' });

describe('ghost text from a server', () => {
  let server: ModelServer;
  let editor: TestEditor;

  beforeAll(async () => {
    server = await startModelServer();
    editor = await openEditor({
      files: { 'shop.ts': FILE },
      settings: {
        'minnow.endpoints': [{ name: 'lab', url: server.url }],
        'minnow.ladder.edge': `lab/${CODER}`,
        'minnow.completion.speculation': false,
      },
    });
    await editor.waitUntilActivated();
  });

  afterAll(async () => {
    await editor?.[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  /** A line of its own for each test: what was said or dismissed on another is remembered. */
  let lines = 0;
  beforeEach(async () => {
    server.reply = answerTotal;
    lines++;
    await editor.press('Escape');
    await editor.press('Control+End');
    await editor.type(`// ${'x'.repeat(lines)}\n`);
    await editor.type('const total = ');
    expect(await editor.waitForGhostText()).toBe('price + tax;');
  });

  const lastLine = async () => (await editor.visibleText()).trimEnd().split('\n').at(-1);

  it('is shown, and the status bar has its time', async () => {
    expect(await editor.waitForStatus(/^[\d.<]+ m?s/)).toMatch(/^[\d.<]+ ?m?s/);
    expect(await lastLine()).toBe('const total =');
    await editor.screenshot(screenshotFile('ghost-text'));
    await editor.press('Tab');
  });

  it('is accepted whole by Tab', async () => {
    await editor.press('Tab');
    await editor.waitForNoGhostText();
    expect(await lastLine()).toBe('const total = price + tax;');
  });

  it('is accepted by the word with Ctrl+Right, without another request', async () => {
    const asked = server.prompts.length;
    await editor.press('Control+ArrowRight');
    expect(await editor.waitForGhostText(text => text !== 'price + tax;')).toBe(' + tax;');
    expect(await lastLine()).toBe('const total = price');
    expect(server.prompts.length).toBe(asked);
    await editor.press('Tab');
  });

  it('stays while it is typed through, without another request', async () => {
    const asked = server.prompts.length;
    await editor.type('price');
    expect(await editor.waitForGhostText(text => text.length <= ' + tax;'.length)).toBe(' + tax;');
    expect(await lastLine()).toBe('const total = price');
    expect(server.prompts.length).toBe(asked);
    await editor.press('Tab');
  });

  it('goes when something else is typed', async () => {
    await editor.type('0;');
    await editor.waitForNoGhostText();
    expect(await lastLine()).toBe('const total = 0;');
  });

  it('is dismissed by Escape and does not come back by itself', async () => {
    await editor.press('Escape');
    await editor.waitForNoGhostText();
    expect(await lastLine()).toBe('const total =');
    await editor.type('0;');
  });

  it('lets the server see an abort when what is typed contradicts it', async () => {
    await editor.type('1;\n');
    server.reply = textBefore =>
      textBefore.endsWith('const sum = ') ? { text: 'price', ending: 'hang' } : { text: '' };
    await editor.type('const sum = ');
    await expect.poll(() => server.prompts.at(-1)?.endsWith('const sum = ')).toBe(true);
    const aborts = server.aborts;
    await editor.type('tax;');
    await expect.poll(() => server.aborts).toBe(aborts + 1);
  });

  it('says so when the prompt does not fit the window that the server has', async () => {
    await editor.type('1;\n');
    const error = { message: "This model's maximum context length is 512 tokens.", code: 'context_length_exceeded' };
    server.reply = () => ({ status: 400, body: { error } });
    await editor.type('const sum = ');
    await editor.waitForStatus(/prompt too long/);
    await editor.screenshot(screenshotFile('state-prompt-too-long'));
  });
});
