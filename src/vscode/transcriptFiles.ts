import * as vscode from 'vscode';
import type { TranscriptFiles } from '../chat/transcriptStore.ts';

/** Conversations as files in the extension's own folder; the folder is made when the first is written. */
export function createTranscriptFiles(storage: vscode.Uri): TranscriptFiles {
  const folder = vscode.Uri.joinPath(storage, 'conversations');
  const { fs } = vscode.workspace;
  const at = (name: string) => vscode.Uri.joinPath(folder, name);
  return {
    async names() {
      try {
        const entries = await fs.readDirectory(folder);
        return entries
          .filter(([name, type]) => type === vscode.FileType.File && name.endsWith('.json'))
          .map(([name]) => name);
      } catch {
        return []; // no conversation was kept yet
      }
    },
    async read(name) {
      try {
        return new TextDecoder().decode(await fs.readFile(at(name)));
      } catch {
        return undefined; // another window removed it meanwhile
      }
    },
    async write(name, text) {
      await fs.createDirectory(folder);
      const beside = at(`${name}.new`);
      await fs.writeFile(beside, new TextEncoder().encode(text));
      await fs.rename(beside, at(name), { overwrite: true });
    },
    async remove(name) {
      try {
        await fs.delete(at(name));
      } catch {
        // It is gone, which is what was wanted.
      }
    },
  };
}
