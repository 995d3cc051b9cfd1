// What became of a suggestion is inferred from changes of the document, because the stable API tells only of a full
// acceptance: here against the changes that a real editor really makes.
import assert from 'node:assert/strict';
import { afterEach, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
import type { AcceptanceRecord } from '../../../src/metering/requestRecord.ts';
import type { MinnowApi } from '../../../src/vscode/api.ts';
import { openAtCursor, pressUntilChanged, readyApi, suggestion, type, until } from './support/minnow.ts';

const TEXT =
  'def total(values):\n    result = 0\n    for value in values:\n        result += value\n    return result\n\n\ndef mean(values):\n    ‸\n';

describe('the fate of a suggestion', () => {
  let api: MinnowApi;

  before(async () => {
    api = await readyApi();
  });

  afterEach(() => vscode.commands.executeCommand('workbench.action.closeAllEditors'));

  /** With what has been recorded since of suggestions that were taken, or of those that were not. */
  async function suggested() {
    const editor = await openAtCursor(TEXT, { language: 'python' });
    const sinceMs = Date.now();
    await type('return ');
    await suggestion(api, sinceMs);
    const since = () => api.recentAcceptances().filter(({ atMs }) => atMs >= sinceMs);
    const isTaken = ({ action }: AcceptanceRecord) => action === 'accepted' || action === 'acceptedPartly';
    return {
      editor,
      taken: () => since().filter(isTaken),
      left: () => since().filter(record => !isTaken(record)),
    };
  }

  it('is accepted when it was taken whole', async () => {
    const { editor, taken } = await suggested();
    await pressUntilChanged(editor, 'editor.action.inlineSuggest.commit');
    await until('a record', () => taken().length > 0);
    assert.deepEqual(
      taken().map(({ action }) => action),
      ['accepted'],
    );
  });

  it('is accepted in part when a word of it was taken', async () => {
    const { editor, taken } = await suggested();
    // A "word" of one character cannot be told from a key.
    let word = '';
    while (word.length < 2) word = await pressUntilChanged(editor, 'editor.action.inlineSuggest.acceptNextWord');
    await until('a record', () => taken().length > 0);
    assert.deepEqual(
      taken().map(({ action, acceptedChars }) => ({ action, acceptedChars })),
      [{ action: 'acceptedPartly', acceptedChars: word.length }],
    );
  });

  it('is gone when something else was typed', async () => {
    const { taken, left } = await suggested();
    const before = left().length;
    await type('# no');
    await until('a record', () => left().length > before);
    assert.match(String(left().at(-1)?.action), /^(typedOver|unseen)$/);
    assert.deepEqual(taken(), []);
  });
});
