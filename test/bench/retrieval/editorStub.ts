import { registerHooks } from 'node:module';

/** A document as the gatherers use it. */
export interface StubDocument {
  readonly uri: StubUri;
  readonly languageId: string;
  readonly lineCount: number;
  lineAt(line: number): { readonly text: string };
  getText(range?: StubRange): string;
}

interface StubUri {
  readonly scheme: string;
  readonly path: string;
  toString(): string;
}

interface Place {
  readonly line: number;
  readonly character: number;
}

interface StubRange {
  readonly start: Place;
  readonly end: Place;
}

/** What the gatherers see of an editor; the bench puts each task's state here. */
export const editor = {
  open: [] as readonly StubDocument[],
  project: [] as readonly StubDocument[],
};

export function uriOf(path: string): StubUri {
  return { scheme: 'file', path: `/${path}`, toString: () => `file:///${path}` };
}

export function documentOf(path: string, languageId: string, text: string): StubDocument {
  const lines = text.split('\n');
  return {
    uri: uriOf(path),
    languageId,
    lineCount: lines.length,
    lineAt: line => ({ text: lines[line] ?? '' }),
    getText: range => (range ? lines.slice(range.start.line, range.end.line + 1).join('\n') : text),
  };
}

/**
 * Stands in for a language server: the first line of the project that declares the name under the position. A real one
 * also knows scopes and types, so what is found here is a lower bound of what the gatherer gets in an editor.
 */
function definitionOf(uri: StubUri, position: Place): { uri: StubUri; range: StubRange }[] {
  const asked = editor.open.find(one => one.uri.toString() === uri.toString());
  const name = /^[\w$]+/.exec(asked?.lineAt(position.line).text.slice(position.character) ?? '')?.[0];
  if (!name) return [];
  const declares = new RegExp(
    `^\\s*(?:export |async |abstract |public |pub )*(?:function|class|interface|type|enum|const|let|def) ${name.replaceAll('$', '\\$')}\\b`,
  );
  for (const document of editor.project) {
    for (let line = 0; line < document.lineCount; line++) {
      if (!declares.test(document.lineAt(line).text)) continue;
      return [{ uri: document.uri, range: rangeOf(line, 0, lastOfBlock(document, line), 0) }];
    }
  }
  return [];
}

/** The declaration's block, by its indentation. */
function lastOfBlock(document: StubDocument, first: number): number {
  const indentOf = (line: number) => /^\s*/.exec(document.lineAt(line).text)?.[0].length ?? 0;
  let line = first + 1;
  while (line < document.lineCount && (document.lineAt(line).text.trim() === '' || indentOf(line) > indentOf(first)))
    line++;
  return Math.min(line, document.lineCount - 1);
}

function rangeOf(line: number, character: number, endLine: number, endCharacter: number): StubRange {
  return { start: { line, character }, end: { line: endLine, character: endCharacter } };
}

/** Everything of the `vscode` module that src/vscode/contextGatherers.ts touches. */
const vscode = {
  workspace: {
    get textDocuments() {
      return editor.open;
    },
    notebookDocuments: [],
    getWorkspaceFolder: () => ({ uri: uriOf('') }),
    asRelativePath: (uri: StubUri) => uri.path.slice(1),
    fs: {
      async readFile(uri: StubUri) {
        const found = editor.project.find(one => one.uri.toString() === uri.toString());
        if (!found) throw new Error('FileNotFound');
        return new TextEncoder().encode(found.getText());
      },
    },
    openTextDocument: async (uri: StubUri) => editor.project.find(one => one.uri.toString() === uri.toString()),
  },
  languages: { getDiagnostics: () => [] },
  commands: {
    executeCommand: async (_command: string, uri: StubUri, position: Place) => definitionOf(uri, position),
  },
  Uri: {
    parse: (text: string) => uriOf(text.replace('file:///', '')),
    joinPath: (_folder: StubUri, path: string) => uriOf(path),
  },
  Position: class {
    line: number;
    character: number;
    constructor(line: number, character: number) {
      this.line = line;
      this.character = character;
    }
  },
  Range: class {
    start: Place;
    end: Place;
    constructor(line: number, character: number, endLine: number, endCharacter: number) {
      this.start = { line, character };
      this.end = { line: endLine, character: endCharacter };
    }
  },
  DiagnosticSeverity: { Warning: 1 },
  NotebookCellKind: { Code: 2 },
};

/** From here on an import of `vscode` gets the stub, so that the product's own gatherers run in plain Node. */
export function standInForEditor(): void {
  Object.assign(globalThis, { benchEditor: vscode });
  const source = `const e = globalThis.benchEditor; export const { ${Object.keys(vscode).join(', ')} } = e;`;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === 'vscode'
        ? { url: `data:text/javascript,${encodeURIComponent(source)}`, shortCircuit: true }
        : next(specifier, context),
  });
}
