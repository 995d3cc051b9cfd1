/** How many stretches are remembered, over all files. */
const REGIONS_MAX = 12;
/** Edits this near to each other are one stretch of work. */
const MERGE_LINES = 5;

export interface EditedRegion {
  readonly uri: string;
  /** Zero-based, the last line included. */
  readonly firstLine: number;
  readonly lastLine: number;
  readonly atMs: number;
}

/** Where the user has been changing things: what they change next often resembles it. Keeps places, not text. */
export class RecentEdits {
  #regions: readonly EditedRegion[] = [];

  note(edit: EditedRegion): void {
    const touching = this.#regions.find(
      region =>
        region.uri === edit.uri &&
        edit.firstLine <= region.lastLine + MERGE_LINES &&
        edit.lastLine >= region.firstLine - MERGE_LINES,
    );
    const merged = touching
      ? {
          ...edit,
          firstLine: Math.min(touching.firstLine, edit.firstLine),
          lastLine: Math.max(touching.lastLine, edit.lastLine),
        }
      : edit;
    this.#regions = [merged, ...this.#regions.filter(region => region !== touching)].slice(0, REGIONS_MAX);
  }

  forget(uri: string): void {
    this.#regions = this.#regions.filter(region => region.uri !== uri);
  }

  /** Newest first. */
  get regions(): readonly EditedRegion[] {
    return this.#regions;
  }
}
