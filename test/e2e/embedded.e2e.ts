import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isEmbeddedInstalled } from '../../scripts/embedded.mjs';
import { REPOSITORY } from '../../scripts/setup/paths.ts';
import { openEditor, screenshotFile } from './support/editor.ts';

it('completes from the embedded engine and its tiny model, with nothing configured but that', async ({ skip }) => {
  skip(!isEmbeddedInstalled(), 'there is no embedded engine for this machine');
  const cart = readFileSync(join(REPOSITORY, 'sample/src/cart.ts'), 'utf8');
  await using editor = await openEditor({
    files: { 'cart.ts': cart },
    // An Ollama on the usual port would be preferred to it.
    settings: {
      'minnow.ladder.edge': 'embedded/minnow-tiny-q8_0',
      'editor.autoClosingBrackets': 'languageDefined',
      'editor.autoClosingComments': 'never',
    },
  });
  await editor.waitUntilActivated();
  await editor.press('Control+End');
  await editor.type(
    '\n/** Returns the total price of all items. */\nexport function totalPrice(items: CartItem[]): number {\n',
  );
  const text = await editor.waitForGhostText();
  expect(text).toMatch(/\w/);
  expect(await editor.waitForStatus(/\d m?s$/)).toMatch(/^[<\d.]+ m?s$/);
  await editor.screenshot(screenshotFile('embedded'));

  await editor.press('Tab');
  const [firstLine = ''] = text.split('\n');
  await expect.poll(() => editor.visibleText()).toContain(firstLine);
  const { requests = [], engine } = editor.records() ?? {};
  expect(engine).toEqual({ endpoint: 'embedded', model: 'minnow-tiny-q8_0' });
  expect(requests.findLast(({ outcome }) => outcome.kind === 'answered')).toMatchObject({
    endpoint: 'embedded',
    locality: 'loopback',
    costMicroUsd: 0,
    costSource: 'local',
  });
});
