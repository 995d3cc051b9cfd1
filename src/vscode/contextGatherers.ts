import * as vscode from 'vscode';
import type { ContextPart } from '../completion/context/contextSource.ts';
import { outlineOf } from '../completion/context/fileOutline.ts';
import type { Gatherer, GatherPlace } from '../completion/context/gatheredContext.ts';
import { importsOf, pathsOf } from '../completion/context/imports.ts';
import type { RecentEdits } from '../completion/context/recentEdits.ts';
import { bestWindow, similarityOf, wordsOf } from '../completion/context/similarity.ts';

const IMPORT_LINES = 300;
const NEIGHBOURS_MAX = 8;
const NEIGHBOUR_LINES = 40;
/** Below this two files merely share a language. */
const SIMILARITY_MIN = 0.06;
const DEFINITIONS_MAX = 6;
const DEFINITION_LINES_MAX = 24;
const OUTLINES_CHARS = 3_600;
const OUTLINE_CHARS = 900;
const OUTLINES_MAX = 6;
const OUTLINED_FILE_BYTES_MAX = 200_000;
const EDITS_MAX = 4;
/** What was changed elsewhere helps a little; more of it would take the room of what helps more. */
const EDITS_CHARS = 600;
const EDIT_LINES_MAX = 8;
const EDIT_MARGIN_LINES = 1;
const VIEWS_MAX = 4;
const VIEW_LINES_MAX = 40;
const DIAGNOSTIC_DISTANCE_LINES = 10;
const DIAGNOSTICS_MAX = 5;
const CELLS_MAX = 20;

/** What the user is likely to lean on here: each looks at one thing, in the editor's own knowledge. */
export function createGatherers(edits: RecentEdits, views: RecentViews): readonly Gatherer[] {
  return [
    { kind: 'definition', deadlineMs: 800, maxChars: 4_000, isLocal: true, gather: definitions },
    { kind: 'outline', deadlineMs: 400, maxChars: OUTLINES_CHARS, isLocal: true, gather: outlines },
    { kind: 'neighbour', deadlineMs: 300, maxChars: 4_000, isLocal: true, gather: neighbours },
    {
      kind: 'recentEdit',
      deadlineMs: 100,
      maxChars: EDITS_CHARS,
      isLocal: true,
      gather: place => recentEdits(place, edits),
    },
    {
      kind: 'recentlyViewed',
      deadlineMs: 100,
      maxChars: 2_000,
      isLocal: true,
      gather: place => recentViews(place, views),
    },
    { kind: 'diagnostic', deadlineMs: 50, maxChars: 800, isLocal: true, gather: diagnostics },
    { kind: 'notebookCell', deadlineMs: 50, maxChars: 4_000, isLocal: true, gather: notebookCells },
  ];
}

/** Stretches of other files that have been on screen, newest first. */
export class RecentViews {
  #views: readonly { readonly uri: string; readonly firstLine: number; readonly lastLine: number }[] = [];

  note(uri: string, firstLine: number, lastLine: number): void {
    const others = this.#views.filter(view => view.uri !== uri);
    this.#views = [{ uri, firstLine, lastLine }, ...others].slice(0, VIEWS_MAX * 2);
  }

  get all() {
    return this.#views;
  }
}

async function neighbours(place: GatherPlace): Promise<readonly ContextPart[]> {
  const wanted = wordsOf(place.around);
  return vscode.workspace.textDocuments
    .filter(
      document => isFile(document) && document.uri.toString() !== place.uri && document.languageId === place.languageId,
    )
    .slice(0, NEIGHBOURS_MAX)
    .flatMap(document => {
      const window = bestWindow(document.getText(), wanted, NEIGHBOUR_LINES);
      if (!window || window.similarity < SIMILARITY_MIN) return [];
      const rank = 2 + window.similarity;
      return [partOf('neighbour', document, { text: window.text, firstLine: window.firstLine, rank })];
    });
}

/** What the files offer that this one imports: the next line is likely to need names from there. */
async function outlines(place: GatherPlace, signal: AbortSignal): Promise<readonly ContextPart[]> {
  const document = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === place.uri);
  const folder = document && vscode.workspace.getWorkspaceFolder(document.uri);
  if (!document || !folder) return [];
  const wanted = wordsOf(place.around);
  const parts: ContextPart[] = [];
  const importer = vscode.workspace.asRelativePath(document.uri, false);
  for (const module of importsOf(document.getText(new vscode.Range(0, 0, IMPORT_LINES, 0)))) {
    if (signal.aborted) break;
    const file = await firstFile(folder.uri, pathsOf(module, importer));
    const text = file && outlineOf(file.text, OUTLINE_CHARS);
    if (!text || parts.some(({ id }) => id === `${file.path}#outline`)) continue;
    // Ahead of what merely looks alike, behind the definitions of the names at the cursor.
    const rank = 3 + similarityOf(wordsOf(text), wanted);
    parts.push({ id: `${file.path}#outline`, kind: 'outline', path: file.path, text, rank, stability: 'stable' });
  }
  return parts.sort((a, b) => b.rank - a.rank).slice(0, OUTLINES_MAX);
}

async function firstFile(
  folder: vscode.Uri,
  paths: readonly string[],
): Promise<{ readonly path: string; readonly text: string } | undefined> {
  for (const path of paths) {
    const uri = vscode.Uri.joinPath(folder, path);
    const open = openDocument(uri.toString());
    const text = open ? open.getText() : await readSmallFile(uri);
    if (text !== undefined) return { path: vscode.workspace.asRelativePath(uri), text };
  }
  return undefined;
}

/** A module that is not at the path is the usual case here, and so no error. */
async function readSmallFile(uri: vscode.Uri): Promise<string | undefined> {
  try {
    const bytes = await vscode.workspace.fs.readFile(uri);
    return bytes.length > OUTLINED_FILE_BYTES_MAX ? undefined : new TextDecoder().decode(bytes);
  } catch {
    return undefined;
  }
}

const IDENTIFIER = /[A-Za-z_$][\w$]{2,}/g;

/** Where the names nearest the cursor are defined, by the language server; only what stands in other files. */
async function definitions(place: GatherPlace, signal: AbortSignal): Promise<readonly ContextPart[]> {
  const document = vscode.workspace.textDocuments.find(({ uri }) => uri.toString() === place.uri);
  if (!document) return [];
  const parts = new Map<string, ContextPart>();
  for (const position of namesNear(document, place.line).slice(0, DEFINITIONS_MAX * 2)) {
    if (signal.aborted || parts.size >= DEFINITIONS_MAX) break;
    const found = await vscode.commands.executeCommand<readonly (vscode.Location | vscode.LocationLink)[] | undefined>(
      'vscode.executeDefinitionProvider',
      document.uri,
      position,
    );
    const [first] = found ?? [];
    const target = first && ('targetUri' in first ? { uri: first.targetUri, range: first.targetRange } : first);
    if (!target || target.uri.toString() === place.uri || target.uri.scheme !== document.uri.scheme) continue;
    const part = await definitionPart(target.uri, target.range);
    if (part) parts.set(part.id, part);
  }
  return [...parts.values()];
}

/** The cursor's own line first, then away from it, upwards before downwards. */
function namesNear(document: vscode.TextDocument, line: number): readonly vscode.Position[] {
  const seen = new Set<string>();
  const positions: vscode.Position[] = [];
  for (const offset of [0, -1, 1, -2, 2, -3, 3, -4, -5]) {
    const at = line + offset;
    if (at < 0 || at >= document.lineCount) continue;
    for (const match of document.lineAt(at).text.slice(0, 400).matchAll(IDENTIFIER)) {
      if (seen.has(match[0])) continue;
      seen.add(match[0]);
      positions.push(new vscode.Position(at, match.index));
    }
  }
  return positions;
}

async function definitionPart(uri: vscode.Uri, range: vscode.Range): Promise<ContextPart | undefined> {
  // A package's own sources say little that the model does not know.
  if (!vscode.workspace.getWorkspaceFolder(uri)) return undefined;
  const document = await vscode.workspace.openTextDocument(uri);
  const firstLine = range.start.line;
  const lastLine = Math.min(Math.max(range.end.line, firstLine), firstLine + DEFINITION_LINES_MAX);
  return partOf('definition', document, { text: linesOf(document, firstLine, lastLine), firstLine, rank: 5 });
}

async function recentEdits(place: GatherPlace, edits: RecentEdits): Promise<readonly ContextPart[]> {
  return edits.regions
    .filter(({ uri }) => uri !== place.uri)
    .slice(0, EDITS_MAX)
    .flatMap((region, index) => {
      const document = openDocument(region.uri);
      if (!document) return [];
      const firstLine = Math.max(0, region.firstLine - EDIT_MARGIN_LINES);
      const lastLine = Math.min(region.lastLine, region.firstLine + EDIT_LINES_MAX) + EDIT_MARGIN_LINES;
      const text = linesOf(document, firstLine, lastLine);
      return [partOf('recentEdit', document, { text, firstLine, rank: 4 - index * 0.1 })];
    });
}

async function recentViews(place: GatherPlace, views: RecentViews): Promise<readonly ContextPart[]> {
  return views.all
    .filter(({ uri }) => uri !== place.uri)
    .slice(0, VIEWS_MAX)
    .flatMap(({ uri, firstLine, lastLine }, index) => {
      const document = openDocument(uri);
      if (document?.languageId !== place.languageId) return [];
      const text = linesOf(document, firstLine, Math.min(lastLine, firstLine + VIEW_LINES_MAX));
      return [partOf('recentlyViewed', document, { text, firstLine, rank: 1 - index * 0.1 })];
    });
}

async function diagnostics(place: GatherPlace): Promise<readonly ContextPart[]> {
  const uri = vscode.Uri.parse(place.uri);
  const near = vscode.languages
    .getDiagnostics(uri)
    .filter(({ range, severity }) => {
      const distance = Math.abs(range.start.line - place.line);
      return distance <= DIAGNOSTIC_DISTANCE_LINES && severity <= vscode.DiagnosticSeverity.Warning;
    })
    .slice(0, DIAGNOSTICS_MAX);
  if (near.length === 0) return [];
  const text = near.map(({ range, message }) => `Problem on line ${range.start.line + 1}: ${message}`).join('\n');
  return [{ id: `${place.uri}#problems`, kind: 'diagnostic', path: place.path, text, rank: 3, stability: 'volatile' }];
}

/** The cells before the current one, in their order: they define what it may use. */
async function notebookCells(place: GatherPlace): Promise<readonly ContextPart[]> {
  const notebook = vscode.workspace.notebookDocuments.find(document =>
    document.getCells().some(cell => cell.document.uri.toString() === place.uri),
  );
  const cells = notebook?.getCells().filter(({ kind }) => kind === vscode.NotebookCellKind.Code) ?? [];
  const at = cells.findIndex(cell => cell.document.uri.toString() === place.uri);
  return cells.slice(Math.max(0, at - CELLS_MAX), Math.max(0, at)).map(cell => ({
    id: `${place.path}#cell${String(cell.index).padStart(4, '0')}`,
    kind: 'notebookCell',
    path: `${place.path} cell ${cell.index + 1}`,
    text: cell.document.getText(),
    // The nearest cell is wanted most; the order in the prompt stays the notebook's.
    rank: 6 + cell.index / 1000,
    stability: 'stable',
  }));
}

function partOf(
  kind: ContextPart['kind'],
  document: vscode.TextDocument,
  { text, firstLine, rank }: { readonly text: string; readonly firstLine: number; readonly rank: number },
): ContextPart {
  const path = vscode.workspace.asRelativePath(document.uri);
  const stability = kind === 'recentEdit' ? 'volatile' : 'stable';
  return { id: `${path}#${String(firstLine).padStart(6, '0')}`, kind, path, text, rank, stability };
}

function linesOf(document: vscode.TextDocument, firstLine: number, lastLine: number): string {
  const last = Math.min(lastLine, document.lineCount - 1);
  if (last < firstLine) return '';
  return document.getText(new vscode.Range(firstLine, 0, last, document.lineAt(last).text.length));
}

function openDocument(uri: string): vscode.TextDocument | undefined {
  return vscode.workspace.textDocuments.find(document => isFile(document) && document.uri.toString() === uri);
}

function isFile({ uri }: vscode.TextDocument): boolean {
  return uri.scheme === 'file' || uri.scheme === 'vscode-remote' || uri.scheme === 'vscode-vfs';
}
