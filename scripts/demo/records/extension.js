// Beside the installed Minnow, in the same extension host: keeps a file equal to what Minnow's own exports say, so that the
// tour and the tests report the product's figures and not their own.
import { renameSync, writeFileSync } from 'node:fs';
import * as vscode from 'vscode';

const POLL_MS = 50;

/** @param {vscode.ExtensionContext} context */
export async function activate(context) {
  const file = process.env.MINNOW_RECORDS_FILE;
  /** @type {import('../../../src/vscode/api.ts').MinnowApi | undefined} */
  const minnow = await vscode.extensions.getExtension('minnow.minnow')?.activate();
  if (!file || !minnow) return;
  let written = '';
  const timer = setInterval(() => {
    const records = JSON.stringify({
      requests: minnow.recentRequests(),
      outcomes: minnow.recentOutcomes(),
      engine: minnow.engineState(),
      activationMs: minnow.activationMs,
    });
    if (records === written) return;
    written = records;
    // A reader sees the old state or the new one, never half of it.
    writeFileSync(`${file}.new`, records);
    renameSync(`${file}.new`, file);
  }, POLL_MS);
  context.subscriptions.push({ dispose: () => clearInterval(timer) });
}
