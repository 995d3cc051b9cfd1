import type { FimPrompt, GenerateRequest } from './backend.ts';
import { type DialectRow, samplingFields } from './dialects.ts';
import { prefixWithExtra } from './fimPrefix.ts';

/** The server's own default; it does not tell which batch it was started with. */
const USUAL_BATCH_TOKENS = 2048;

/** Few enough that code is never underestimated by much. */
const CHARS_PER_TOKEN = 3;

/**
 * The body of `/infill`. The server places other files only into what its context has beyond a batch and twice the answer,
 * and drops the rest without a word; where there is no such room they stand before the prefix instead, of which it keeps
 * the end (real llama-server, commit 0c1e570: room = n_ctx - n_batch - 2 n_predict).
 */
export function infillRequest(
  request: GenerateRequest,
  prompt: FimPrompt,
  { row, contextTokens = 0 }: { readonly row: DialectRow; readonly contextTokens?: number | undefined },
): object {
  const roomTokens = contextTokens - USUAL_BATCH_TOKENS - 2 * request.maxTokens;
  const extraChars = prompt.extra.reduce((sum, { path, text }) => sum + path.length + text.length, 0);
  const hasRoom = extraChars / CHARS_PER_TOKEN <= roomTokens;
  return {
    input_prefix: hasRoom ? prompt.prefix : prefixWithExtra(prompt),
    input_suffix: prompt.suffix,
    input_extra: hasRoom ? prompt.extra.map(({ path, text }) => ({ filename: path, text })) : [],
    n_predict: request.maxTokens,
    ...samplingFields(request.sampling, row),
    stop: request.stop.slice(0, row.maxStops),
    stream: request.delivery === 'streamed' || row.alwaysStreams,
    ...(request.withLogprobs && { n_probs: 1 }),
    ...row.always,
  };
}
