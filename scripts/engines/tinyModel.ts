// The tiny trained model that every engine serves in tests: where its files are and what Ollama must be told about it.
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');

export const TINY_MODEL_NAME = 'minnow-tiny';
export const TINY_MODEL_CONTEXT_TOKENS = 2048;
export const TINY_MODEL_GGUF = join(root, 'media/models/minnow-tiny/minnow-tiny-q8_0.gguf');
/** For vLLM, which reads Hugging Face folders. */
export const TINY_MODEL_FOLDER = join(root, 'test/fixtures/models/minnow-tiny-hf');

const MARKERS = [
  '<|endoftext|>',
  '<|im_start|>',
  '<|im_end|>',
  '<|fim_prefix|>',
  '<|fim_suffix|>',
  '<|fim_middle|>',
  '<|fim_pad|>',
  '<|repo_name|>',
  '<|file_sep|>',
];

/** What `ollama create` gets. One thread: more are slower for a model this small, and far slower on a busy machine. */
export const TINY_MODEL_OLLAMA = {
  // No line break at the end: it would become a token after the middle marker.
  template: [
    '{{- if .Suffix }}<|fim_prefix|>{{ .Prompt }}<|fim_suffix|>{{ .Suffix }}<|fim_middle|>',
    '{{- else }}',
    '{{- range $i, $_ := .Messages }}',
    '{{- $isLast := eq (len (slice $.Messages $i)) 1 }}<|im_start|>{{ .Role }}',
    '{{ .Content }}{{ if not (and $isLast (eq .Role "assistant")) }}<|im_end|>',
    '{{ end }}',
    '{{- if and $isLast (ne .Role "assistant") }}<|im_start|>assistant',
    '{{ end }}',
    '{{- end }}',
    '{{- end }}',
  ].join('\n'),
  parameters: { num_ctx: TINY_MODEL_CONTEXT_TOKENS, num_thread: 1, num_predict: 512, temperature: 0.2, stop: MARKERS },
} as const;
