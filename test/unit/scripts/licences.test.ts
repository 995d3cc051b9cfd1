import { expect, it } from 'vitest';
import { licencesOf } from '../../../scripts/packaging/licences.mjs';

it('gives the licence of each package that files come from, once, and of nothing else', () => {
  const licences = licencesOf([
    'src/extension.ts',
    'node_modules/valibot/dist/index.mjs',
    'node_modules/@vscode/codicons/dist/codicon.ttf',
    'node_modules/valibot/dist/other.mjs',
  ]);
  expect(licences.match(/^valibot \S+ \(MIT\)$/gm)).toHaveLength(1);
  expect(licences).toMatch(/^@vscode\/codicons \S+ \(CC-BY-4\.0\)$/m);
  expect(licences).toContain('Permission is hereby granted');
});
