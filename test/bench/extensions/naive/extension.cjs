// The naive client of the bench as an extension: waits 75 ms, asks for one line, remembers nothing.
const vscode = require('vscode');

const DEBOUNCE_MS = 75;
const MAX_PREFIX_CHARS = 24_000;
const MAX_SUFFIX_CHARS = 6_000;

async function provide(document, position, token) {
  await new Promise(resolve => setTimeout(resolve, DEBOUNCE_MS));
  if (token.isCancellationRequested) return undefined;
  const text = document.getText();
  const at = document.offsetAt(position);
  const prefix = text.slice(0, at).slice(-MAX_PREFIX_CHARS);
  const suffix = text.slice(at, at + MAX_SUFFIX_CHARS);
  const abort = new AbortController();
  const listener = token.onCancellationRequested(() => abort.abort());
  try {
    const response = await fetch(`${process.env.BENCH_ENGINE_URL}/v1/completions`, {
      method: 'POST',
      signal: abort.signal,
      body: JSON.stringify({
        prompt: `<|fim_prefix|>${prefix}<|fim_suffix|>${suffix}<|fim_middle|>`,
        max_tokens: 64,
        stop: ['\n'],
      }),
    });
    const answer = (await response.json()).choices[0].text;
    if (answer.trim() === '') return undefined;
    return [new vscode.InlineCompletionItem(answer, new vscode.Range(position, position))];
  } catch {
    return undefined;
  } finally {
    listener.dispose();
  }
}

exports.activate = context => {
  const provider = {
    provideInlineCompletionItems: (document, position, _context, token) => provide(document, position, token),
  };
  context.subscriptions.push(vscode.languages.registerInlineCompletionItemProvider({ pattern: '**' }, provider));
};
