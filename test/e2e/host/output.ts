/** Begins each line of the tests in the extension host's console, which VS Code itself also writes to. */
export const OUTPUT_MARK = '[test] ';
