import { createParser } from 'eventsource-parser';
import { TooLongError } from './byteLines.ts';

/**
 * Splits bytes, however they are cut, into the data of server-sent events. Comments (such as keep-alive pings) and
 * everything else that carries no data are left out. Holds at most `maxEventChars`, and throws TooLongError beyond that.
 */
export class EventSplitter {
  readonly #decoder = new TextDecoder('utf-8');
  readonly #parser;
  #events: string[] = [];

  constructor(maxEventChars: number) {
    this.#parser = createParser({
      maxBufferSize: maxEventChars,
      onEvent: event => this.#events.push(event.data),
      onError: error => {
        if (error.type === 'max-buffer-size-exceeded') throw new TooLongError(maxEventChars);
      },
    });
  }

  push(bytes: Uint8Array): string[] {
    this.#parser.feed(this.#decoder.decode(bytes, { stream: true }));
    return this.#take();
  }

  /** What came after the last blank line. Some servers close right behind their last event, without the blank line. */
  end(): string[] {
    this.#parser.feed(`${this.#decoder.decode()}\n\n`);
    return this.#take();
  }

  #take(): string[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }
}
