import assert from 'node:assert/strict';
import { before, describe, it } from 'mocha';
import * as vscode from 'vscode';

describe('activation', () => {
  const minnow = vscode.extensions.getExtension('minnow.minnow');

  before(() => minnow?.activate());

  it('succeeds from the package', () => {
    assert.equal(minnow?.isActive, true);
  });

  it('registers every command that the manifest shows', async () => {
    const registered = new Set(await vscode.commands.getCommands(true));
    const shown: { command: string }[] = minnow?.packageJSON.contributes?.commands ?? [];
    assert.ok(shown.length > 0);
    assert.deepEqual(
      shown.map(({ command }) => command).filter(command => !registered.has(command)),
      [],
    );
  });
});
