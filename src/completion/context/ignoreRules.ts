import ignore, { type Ignore } from 'ignore';

/** What the rules files of a folder are called; the second is for what git keeps but no model should see. */
const RULE_FILES = ['.gitignore', '.minnowignore'] as const;
/** Never read, rules or not: made by tools, large, and no help. */
const ALWAYS = ['.git/', 'node_modules/'];
const FOLDERS_MAX = 500;

/** Reads a file below the root; undefined where there is none. `path` has forward slashes and no leading one. */
export type ReadText = (path: string) => Promise<string | undefined>;

/**
 * The ignore files of a folder tree, as git reads them: each folder's rules hold below it. Rules that cannot be read count
 * as excluding everything below them: what is not known to be allowed is not read.
 */
export class IgnoreRules {
  readonly #readText: ReadText;
  readonly #byFolder = new Map<string, Promise<Ignore | 'everything'>>();

  constructor(readText: ReadText) {
    this.#readText = readText;
  }

  /** Something about ignore files changed. */
  clear(): void {
    this.#byFolder.clear();
  }

  async isIgnored(path: string): Promise<boolean> {
    const parts = path.split('/');
    if (path === '' || parts.includes('..')) return true;
    for (let depth = 0; depth < parts.length; depth++) {
      const rules = await this.#rulesOf(parts.slice(0, depth).join('/'));
      if (rules === 'everything') return true;
      const below = parts.slice(depth).join('/');
      if (rules.ignores(below)) return true;
    }
    return false;
  }

  #rulesOf(folder: string): Promise<Ignore | 'everything'> {
    const known = this.#byFolder.get(folder);
    if (known) return known;
    if (this.#byFolder.size >= FOLDERS_MAX) this.#byFolder.clear();
    const reading = this.#read(folder);
    this.#byFolder.set(folder, reading);
    return reading;
  }

  async #read(folder: string): Promise<Ignore | 'everything'> {
    const rules = ignore();
    if (folder === '') rules.add(ALWAYS);
    for (const name of RULE_FILES) {
      try {
        const text = await this.#readText(folder === '' ? name : `${folder}/${name}`);
        if (text !== undefined) rules.add(text);
      } catch {
        return 'everything';
      }
    }
    return rules;
  }
}
