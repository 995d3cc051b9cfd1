import { describe, expect, it } from 'vitest';
import { isInside, isProtectedPath } from '../../../src/vscode/protectedPaths.ts';

describe('protected paths', () => {
  it.each([
    '.vscode/settings.json',
    'packages/a/.vscode/tasks.json',
    '.VSCODE/settings.json',
    'team.code-workspace',
    '.git/hooks/pre-commit',
    '.gitmodules',
    '.github/workflows/ci.yml',
    '.gitlab-ci.yml',
    '.devcontainer.json',
    '.devcontainer/devcontainer.json',
    '.husky/pre-push',
    'AGENTS.md',
    '.npmrc',
  ])('refuses %s', path => expect(isProtectedPath(path)).toBe(true));

  it.each([
    'src/git.ts',
    'docs/vscode/readme.md',
    '.github/ISSUE_TEMPLATE.md',
    'gitignore.ts',
    '.gitignore',
    'a.vscode.ts',
  ])('lets %s be', path => expect(isProtectedPath(path)).toBe(false));

  it('takes a folder whole, not by the beginning of its name', () => {
    expect(isInside('/home/ann/app/a.ts', ['/home/ann/app'])).toBe(true);
    expect(isInside('/home/ann/application/a.ts', ['/home/ann/app'])).toBe(false);
    expect(isInside('/home/ann/app', ['/home/ann/app'])).toBe(false);
  });
});
