import { expect, it } from 'vitest';
import { openEditor } from './support/editor.ts';

it('starts from the installed package and shows its state in the status bar', async () => {
  await using editor = await openEditor({ files: { 'shop.ts': 'const total = 0;\n' } });
  await editor.waitUntilActivated();
  expect(await editor.statusText()).not.toBe('');
});
