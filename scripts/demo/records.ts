import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RequestRecord } from '../../src/metering/requestRecord.ts';
import type { EngineSummary, OutcomeSummary } from '../../src/vscode/api.ts';
import { packageFolder } from '../packaging/vsix.ts';
import { exclusivelyHere } from '../setup/cache.ts';
import { OUT } from '../setup/paths.ts';

/** Where the extension below writes, read by it in the extension host. */
export const RECORDS_FILE_VARIABLE = 'MINNOW_RECORDS_FILE';

/** What Minnow's exports said last. */
export interface Records {
  /** Oldest first. */
  readonly requests: readonly RequestRecord[];
  /** Newest first. */
  readonly outcomes: readonly OutcomeSummary[];
  readonly engine: EngineSummary;
  readonly activationMs: number;
}

/** Packages the extension that writes Minnow's exports to a file. Resolves with its VSIX. */
export function packageRecordsExtension(): Promise<string> {
  return exclusivelyHere('package', async () => {
    const vsix = join(OUT, 'minnow-records.vsix');
    await packageFolder(join(import.meta.dirname, 'records'), vsix, ['--skip-license']);
    return vsix;
  });
}

/** Undefined until the extension has started. */
export function readRecords(file: string): Records | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/** The request behind the suggestion that was shown last. */
export function requestOfLastShown({ requests, outcomes }: Records): RequestRecord | undefined {
  const shown = outcomes.find(({ kind }) => kind === 'shown');
  return requests.find(({ id }) => id === shown?.requestId);
}

/** Why there was nothing to show, in the product's own words. */
export function describeOutcomes(records: Records | undefined): string {
  if (!records) return 'Minnow has not started';
  const { engine, outcomes } = records;
  const lines = outcomes.slice(0, 10).map(({ kind, why, line }) => `  line ${line + 1}: ${kind}, ${why}`);
  return [`engine: ${engine.sentence ?? engine.model}`, 'last triggers, newest first:', ...lines].join('\n');
}
