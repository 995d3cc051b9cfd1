import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import * as vscode from 'vscode';

// Guards the other tests: in an editor that lets every proposal through, they would not notice a call that cannot be published.
describe('API that is still a proposal', () => {
  it('is refused, as in the published VS Code', () => {
    const provider = { provideInlineCompletionItems: () => [], handleDidShowCompletionItem() {} };
    assert.throws(
      () => vscode.languages.registerInlineCompletionItemProvider({ language: 'plaintext' }, provider),
      /API proposal/,
    );
  });
});
