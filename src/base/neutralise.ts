/** What servers read as a marker of some model, whichever: `<|im_end|>` and the full-width form of DeepSeek. */
const MARKER_SHAPES = /<\|[^|<>\s]{1,40}\|>|<\uff5c[^\uff5c<>\s]{1,40}\uff5c>/g;

/**
 * Breaks every marker in text that comes from files, messages or tools with a space after its first character, so that it
 * is text to the server too: vLLM and llama.cpp's server read markers wherever they stand, and one in a file would end a
 * turn or open another (invariant 17). `markers` are those of the model that is asked and have another shape.
 */
export function neutralise(text: string, markers: readonly string[]): string {
  let safe = text.replace(MARKER_SHAPES, breakUp);
  for (const marker of markers) {
    if (marker.trim().length > 1 && safe.includes(marker)) safe = safe.replaceAll(marker, breakUp);
  }
  return safe;
}

function breakUp(marker: string): string {
  return `${marker[0]} ${marker.slice(1)}`;
}
