/**
 * Text from servers, files and settings as literal Markdown: no link, image, table cell or icon can come out of a model's
 * name (VS Code draws `$(name)` as an icon where theme icons are supported).
 */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_{}[\]()#+\-!<>|~$&]/g, '\\$&').replace(/\s+/g, ' ');
}

/** The same for a status bar item, which knows icons and nothing else. A zero-width space keeps `$(` from being one. */
export function escapeIcons(text: string): string {
  return text.replaceAll('$(', '$\u200b(');
}
