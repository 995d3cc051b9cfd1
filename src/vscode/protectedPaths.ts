/**
 * Files that make an editor, a build or git run something. A model's answer never reaches them, however it is asked: a
 * changed setting or hook would act with the user's rights (CVE-2025-53773 and its kin).
 */
const PROTECTED: readonly RegExp[] = [
  /(^|\/)\.vscode\//,
  /(^|\/)\.idea\//,
  /(^|\/)\.devcontainer(\/|\.json$)/,
  /\.code-workspace$/,
  /(^|\/)\.git(\/|$|modules$|attributes$|config$)/,
  /(^|\/)\.husky\//,
  /(^|\/)\.github\/workflows\//,
  /(^|\/)\.(gitlab-ci|travis|drone|cirrus)\.ya?ml$/,
  /(^|\/)\.circleci\//,
  /(^|\/)(azure-pipelines\.ya?ml|bitbucket-pipelines\.ya?ml|Jenkinsfile)$/,
  /(^|\/)\.(cursor|continue|claude|codex)\//,
  /(^|\/)(AGENTS|CLAUDE)\.md$/,
  /(^|\/)\.(npmrc|yarnrc|yarnrc\.yml|envrc|mcp\.json)$/,
];

/** @param path relative to its workspace folder, resolved of symbolic links, with forward slashes */
export function isProtectedPath(path: string): boolean {
  // Some file systems do not tell upper from lower case; the check must not either.
  return PROTECTED.some(pattern => new RegExp(pattern.source, 'i').test(path.normalize('NFC')));
}

/** Whether a resolved file lies in one of the resolved folders. Both absolute, with forward slashes. */
export function isInside(file: string, folders: readonly string[]): boolean {
  return folders.some(folder => file.startsWith(folder.endsWith('/') ? folder : `${folder}/`));
}
