import * as vscode from 'vscode';

/** The part of the built-in git extension's API (version 1) that is used here. */
interface GitRepository {
  readonly rootUri: vscode.Uri;
  readonly inputBox: { value: string };
  readonly ui: { readonly selected: boolean };
  diff(cached?: boolean): Promise<string>;
  log(options: { readonly maxEntries: number }): Promise<readonly { readonly message: string }[]>;
}

interface GitExtension {
  getAPI(version: 1): { readonly repositories: readonly GitRepository[] };
}

export interface Diff {
  readonly text: string;
  readonly paths: readonly string[];
}

/** The repository that is selected in Source Control, or the only one; undefined without git. */
export async function selectedRepository(rootUri?: vscode.Uri): Promise<GitRepository | undefined> {
  const extension = vscode.extensions.getExtension<GitExtension>('vscode.git');
  const exports = await extension?.activate();
  const repositories = exports?.getAPI(1).repositories ?? [];
  const named = rootUri && repositories.find(repository => repository.rootUri.toString() === rootUri.toString());
  return named ?? repositories.find(({ ui }) => ui.selected) ?? repositories[0];
}

/** All changes of the working tree, staged ones included. */
export async function gitDiff(): Promise<Diff | undefined> {
  const repository = await selectedRepository();
  if (!repository) return undefined;
  const [staged, unstaged] = await Promise.all([repository.diff(true), repository.diff(false)]);
  return withPaths([staged, unstaged].filter(Boolean).join('\n'));
}

export async function stagedDiff(): Promise<Diff | undefined> {
  const repository = await selectedRepository();
  return repository && withPaths(await repository.diff(true));
}

function withPaths(text: string): Diff {
  const paths = [...text.matchAll(/^\+\+\+ b\/(.+)$/gm)].map(([, path]) => path ?? '');
  return { text, paths: [...new Set(paths)] };
}
