/** A line or an event went beyond its bound: the sender is broken or hostile, so reading ends here. */
export class TooLongError extends Error {
  constructor(maxChars: number) {
    super(`longer than ${maxChars} characters`);
    this.name = 'TooLongError';
  }
}

/**
 * Splits bytes, however they are cut, into lines of text without their ends (LF or CRLF). Bytes that are not UTF-8 become
 * U+FFFD. Holds at most `maxLineChars` of a line that has not ended, and throws TooLongError beyond that.
 */
export class LineSplitter {
  readonly #decoder = new TextDecoder('utf-8');
  readonly #maxLineChars: number;
  /** Joined when the line ends: adding to one string at every chunk would take quadratic time. */
  #pieces: string[] = [];
  #heldChars = 0;

  constructor(maxLineChars: number) {
    this.#maxLineChars = maxLineChars;
  }

  push(bytes: Uint8Array): string[] {
    return this.#split(this.#decoder.decode(bytes, { stream: true }));
  }

  /** The last line, where the bytes did not end with one. */
  end(): string[] {
    const lines = this.#split(this.#decoder.decode());
    const rest = this.#take('');
    return rest === '' ? lines : [...lines, rest];
  }

  #split(text: string): string[] {
    const lines: string[] = [];
    let start = 0;
    for (let newline = text.indexOf('\n'); newline >= 0; newline = text.indexOf('\n', start)) {
      lines.push(this.#take(text.slice(start, newline)));
      start = newline + 1;
    }
    this.#hold(text.slice(start));
    return lines;
  }

  #hold(piece: string): void {
    if (piece === '') return;
    this.#heldChars += piece.length;
    if (this.#heldChars > this.#maxLineChars) throw new TooLongError(this.#maxLineChars);
    this.#pieces.push(piece);
  }

  #take(last: string): string {
    this.#hold(last);
    const line = this.#pieces.join('');
    this.#pieces = [];
    this.#heldChars = 0;
    return line.endsWith('\r') ? line.slice(0, -1) : line;
  }
}
