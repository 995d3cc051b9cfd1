/** A piece of the user's work that goes along with a question, as it was when it was attached. */
export type Attachment =
  | {
      readonly kind: 'file' | 'selection' | 'openEditor';
      readonly path: string;
      readonly languageId: string;
      readonly text: string;
      /** One-based and inclusive, as people read them; undefined for a whole file. */
      readonly lines: { readonly first: number; readonly last: number } | undefined;
    }
  | { readonly kind: 'problems'; readonly text: string; readonly count: number; readonly paths: readonly string[] }
  | { readonly kind: 'terminal'; readonly text: string }
  | { readonly kind: 'gitDiff'; readonly text: string; readonly paths: readonly string[] }
  | { readonly kind: 'image'; readonly name: string; readonly mimeType: string; readonly base64: string };

export function labelOf(attachment: Attachment): string {
  switch (attachment.kind) {
    case 'file':
    case 'openEditor':
    case 'selection': {
      const name = attachment.path.split('/').at(-1) ?? attachment.path;
      return attachment.lines ? `${name} ${attachment.lines.first}–${attachment.lines.last}` : name;
    }
    case 'problems':
      return `problems ${attachment.count}`;
    case 'terminal':
      return 'terminal selection';
    case 'gitDiff':
      return 'git diff';
    case 'image':
      return attachment.name;
  }
}

/** The paths whose text would leave with it. */
export function pathsOf(attachment: Attachment): readonly string[] {
  if ('path' in attachment) return [attachment.path];
  return 'paths' in attachment ? attachment.paths : [];
}

/** As the model reads it: a heading that says what it is, then the text in a fence that the text cannot close. */
export function renderAttachment(attachment: Exclude<Attachment, { kind: 'image' }>): string {
  switch (attachment.kind) {
    case 'problems':
      return `Problems reported by the editor:\n${attachment.text}`;
    case 'terminal':
      return `From the terminal:\n${fenced(attachment.text, '')}`;
    case 'gitDiff':
      return `Changes:\n${fenced(attachment.text, 'diff')}`;
    default: {
      const { path, lines, text, languageId } = attachment;
      return `${path}${lines ? `, lines ${lines.first}-${lines.last}` : ''}:\n${fenced(text, languageId)}`;
    }
  }
}

export function fenced(text: string, languageId: string): string {
  const longestRun = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = '`'.repeat(longestRun + 1);
  return `${fence}${languageId}\n${text.replace(/\n$/, '')}\n${fence}`;
}
