import type { CursorSnapshot } from '../../src/completion/snapshot.ts';

/** The place of `‸` in a text, as the editor's adapter would tell it. */
export function at(text: string, facts: Partial<CursorSnapshot> = {}): CursorSnapshot {
  const [prefix = '', suffix = '', ...more] = text.split('‸');
  if (more.length > 0 || !text.includes('‸')) throw new Error(`exactly one ‸ is needed: ${text}`);
  return {
    uri: 'file:///w/a.ts',
    path: 'a.ts',
    languageId: 'typescript',
    version: 1,
    line: prefix.split('\n').length - 1,
    character: prefix.length - (prefix.lastIndexOf('\n') + 1),
    prefix,
    prefixStartLine: 0,
    prefixIsWhole: true,
    suffix,
    suffixIsWhole: true,
    trigger: 'automatic',
    indentation: { unit: 'space', width: 2 },
    selectedSuggestion: undefined,
    ...facts,
  };
}
