// What became of a suggestion is inferred from changes of the document, because the stable API tells only of a full
// acceptance: here against the changes that a real editor really makes.
import assert from 'node:assert/strict';
import { afterEach, before, describe, it } from 'mocha';
import * as vscode from 'vscode';
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

  async function suggested() {
    const editor = await openAtCursor(TEXT, { language: 'python' });
    const sinceMs = Date.now();
    await type('return ');
    const { requestId } = await suggestion(api, sinceMs);
    return { editor, actions: () => actionsOn(requestId, sinceMs) };
  }

  // One request may serve several times, from memory.
  const actionsOn = (requestId: string, sinceMs: number) =>
    api
      .recentAcceptances()
      .filter(acceptance => acceptance.requestId === requestId && acceptance.atMs >= sinceMs)
      .map(({ action, acceptedChars }) => ({ action, acceptedChars }));

  it('is accepted when it was taken whole', async () => {
    const { editor, actions } = await suggested();
    await pressUntilChanged(editor, 'editor.action.inlineSuggest.commit');
    await until('a record', () => actions().length > 0);
    assert.deepEqual(
      actions().map(({ action }) => action),
      ['accepted'],
    );
  });

  it('is accepted in part when a word of it was taken', async () => {
    const { editor, actions } = await suggested();
    const word = await pressUntilChanged(editor, 'editor.action.inlineSuggest.acceptNextWord');
    await until('a record', () => actions().length > 0);
    assert.deepEqual(actions(), [{ action: 'acceptedPartly', acceptedChars: word.length }]);
  });

  it('is gone when something else was typed', async () => {
    const { actions } = await suggested();
    await type('# no');
    await until('a record', () => actions().length > 0);
    assert.match(String(actions()[0]?.action), /^(typedOver|unseen)$/);
  });
});
