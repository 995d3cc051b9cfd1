import { describe, expect, it } from 'vitest';
import { IgnoreRules } from '../../../../src/completion/context/ignoreRules.ts';

function rules(files: Record<string, string | Error>) {
  return new IgnoreRules(async path => {
    const text = files[path];
    if (text instanceof Error) throw text;
    return text;
  });
}

describe('ignore rules', () => {
  it.each([
    ['dist/main.js', true],
    ['src/main.ts', false],
    ['src/main.log', true],
    ['src/keep.log', false],
    ['src/private/plan.md', true],
    ['src/generated/api.ts', true],
    ['generated/api.ts', false],
    ['node_modules/x/index.js', true],
    ['packages/a/node_modules/x.js', true],
    ['.git/config', true],
    ['../outside.ts', true],
    ['', true],
  ])('of nested folders decide on %s: %s', async (path, expected) => {
    const files = {
      '.gitignore': 'dist/\n*.log\n!keep.log\n',
      '.minnowignore': 'private/\n',
      'src/.gitignore': '/generated/\n',
    };
    expect(await rules(files).isIgnored(path)).toBe(expected);
  });

  it('that cannot be read exclude everything below them', async () => {
    const broken = rules({ 'src/.gitignore': new Error('EACCES') });
    expect(await broken.isIgnored('src/a.ts')).toBe(true);
    expect(await broken.isIgnored('other/a.ts')).toBe(false);
  });

  it('are read again after a change', async () => {
    const files: Record<string, string> = { '.gitignore': 'a.ts' };
    const changing = rules(files);
    expect(await changing.isIgnored('a.ts')).toBe(true);
    files['.gitignore'] = '';
    expect(await changing.isIgnored('a.ts')).toBe(true);
    changing.clear();
    expect(await changing.isIgnored('a.ts')).toBe(false);
  });
});
