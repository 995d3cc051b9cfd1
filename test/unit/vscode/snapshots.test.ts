import { describe, expect, it } from 'vitest';
import { MAX_PREFIX_CHARS, MAX_SUFFIX_CHARS } from '../../../src/completion/snapshot.ts';
import { type DocumentText, indentationOf, readablePath, takeSnapshot } from '../../../src/vscode/snapshots.ts';

/** A document that counts which of its lines were read. */
class FakeDocument implements DocumentText {
  readonly uri = { toString: () => 'file:///w/a.py' };
  readonly languageId = 'python';
  readonly version = 7;
  readonly read = new Set<number>();
  readonly lineCount: number;
  readonly #line: (index: number) => string;

  constructor(lineCount: number, line: (index: number) => string) {
    this.lineCount = lineCount;
    this.#line = line;
  }

  lineAt(line: number) {
    if (line < 0 || line >= this.lineCount) throw new Error(`no line ${line}`);
    this.read.add(line);
    return { text: this.#line(line) };
  }
}

/** The cursor stands where `‸` is. */
function at(marked: string) {
  const lines = marked.split(/\r?\n/);
  const line = lines.findIndex(text => text.includes('‸'));
  const character = lines[line]?.indexOf('‸') ?? 0;
  const plain = lines.map(text => text.replace('‸', ''));
  return snapshotOf(new FakeDocument(plain.length, index => plain[index] ?? ''), { line, character });
}

function snapshotOf(document: DocumentText, position: { line: number; character: number }) {
  return takeSnapshot({
    document,
    position,
    path: 'a.py',
    trigger: 'automatic',
    indentation: { unit: 'space', width: 4 },
    selectedSuggestion: undefined,
  });
}

describe('a snapshot', () => {
  it('holds a small document whole, on both sides of the cursor', () => {
    expect(at('import os\ndef f(‸):\n    pass\n')).toMatchObject({
      line: 1,
      character: 6,
      prefix: 'import os\ndef f(',
      prefixStartLine: 0,
      prefixIsWhole: true,
      suffix: '):\n    pass\n',
      suffixIsWhole: true,
      version: 7,
    });
  });

  it('holds an empty document', () => {
    expect(at('‸')).toMatchObject({ prefix: '', suffix: '', prefixIsWhole: true, suffixIsWhole: true });
  });

  it('ends its lines in one way, whatever the file has', () => {
    expect(at('a\r\nb‸\r\nc')).toMatchObject({ prefix: 'a\nb', suffix: '\nc' });
  });

  it('reads only the lines around the cursor of a huge file', () => {
    const huge = new FakeDocument(1_000_000, () => 'x'.repeat(49));
    const snapshot = snapshotOf(huge, { line: 500_000, character: 10 });
    expect(huge.read.size).toBeLessThan((MAX_PREFIX_CHARS + MAX_SUFFIX_CHARS) / 50 + 4);
    expect(snapshot.prefix.length).toBeLessThanOrEqual(MAX_PREFIX_CHARS);
    expect(snapshot.prefix.length).toBeGreaterThan(MAX_PREFIX_CHARS - 60);
    expect(snapshot.suffix.length).toBeLessThanOrEqual(MAX_SUFFIX_CHARS);
    expect(snapshot).toMatchObject({ prefixIsWhole: false, suffixIsWhole: false });
    expect(snapshot.prefix.split('\n')).toHaveLength(snapshot.line - snapshot.prefixStartLine + 1);
  });

  it('cuts a line of a megabyte around the cursor', () => {
    const line = 'y'.repeat(1_000_000);
    const snapshot = snapshotOf(new FakeDocument(3, () => line), { line: 1, character: 500_000 });
    expect(snapshot.prefix).toHaveLength(MAX_PREFIX_CHARS);
    expect(snapshot.suffix).toHaveLength(MAX_SUFFIX_CHARS);
    expect(snapshot).toMatchObject({ prefixStartLine: 1, prefixIsWhole: false, suffixIsWhole: false });
  });

  it.each([60_000, 60_001])('never holds half a character, with the cursor at %s', character => {
    const faces = '😀'.repeat(30_000);
    const snapshot = snapshotOf(new FakeDocument(1, () => `${faces}a${faces}`), { line: 0, character });
    expect(snapshot.prefix.isWellFormed()).toBe(true);
    expect(snapshot.suffix.isWellFormed()).toBe(true);
  });
});

describe('a snapshot while the list of suggestions is open', () => {
  it('shows the text as it would be with the selected entry taken', () => {
    const document = new FakeDocument(1, () => 'x = con + 1');
    const snapshot = takeSnapshot({
      document,
      position: { line: 0, character: 7 },
      path: 'a.py',
      trigger: 'automatic',
      indentation: { unit: 'space', width: 4 },
      selectedSuggestion: { text: 'console', replacedChars: 3 },
    });
    expect(snapshot).toMatchObject({ prefix: 'x = console', suffix: ' + 1', character: 11 });
    const untyped = takeSnapshot({
      document,
      position: { line: 0, character: 4 },
      path: 'a.py',
      trigger: 'automatic',
      indentation: { unit: 'space', width: 4 },
      selectedSuggestion: { text: 'console', replacedChars: 0 },
    });
    expect(untyped).toMatchObject({ prefix: 'x = console', suffix: 'con + 1' });
  });
});

describe('what goes with a snapshot', () => {
  it('takes the editor’s indentation, and a usual one while that is unknown', () => {
    expect(indentationOf({ insertSpaces: false, tabSize: 8 })).toEqual({ unit: 'tab', width: 8 });
    expect(indentationOf({ insertSpaces: 'auto', tabSize: 'auto' })).toEqual({ unit: 'space', width: 4 });
    expect(indentationOf(undefined)).toEqual({ unit: 'space', width: 4 });
  });

  it('names documents as people do', () => {
    expect(readablePath({ scheme: 'file', path: '/w/src/a.py' }, 'src\\a.py')).toBe('src/a.py');
    expect(readablePath({ scheme: 'untitled', path: 'Untitled-1' }, 'whatever')).toBe('Untitled-1');
  });
});
