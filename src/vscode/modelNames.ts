const MAX_SHORT_NAME_CHARS = 24;

/** `qwen2.5-coder` of `library/qwen2.5-coder:1.5b-base-q4_K_M` or of a file's name: for places with room for a word. */
export function shortModelName(model: string): string {
  const base =
    model
      .split(/[/\\]/)
      .pop()
      ?.split(':')[0]
      ?.replace(/\.gguf$/i, '') || model;
  return base.length <= MAX_SHORT_NAME_CHARS ? base : `${base.slice(0, MAX_SHORT_NAME_CHARS - 1)}…`;
}
