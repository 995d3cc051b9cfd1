import { CodeBlockElement } from './codeBlock.ts';
import { type Block, renderProse, topBlocks } from './markdown.ts';

/**
 * Shows markdown as it comes in. Appending can only change the last block, so all before it are drawn once and let be:
 * a frame costs what the last block costs, however long the answer is.
 */
export class MarkdownStream {
  readonly #root: HTMLElement;
  readonly #onParagraph: (text: string) => void;
  /** What is not yet drawn for good. */
  #tail = '';
  #tailElement: HTMLElement | undefined;
  #tailCode: CodeBlockElement | undefined;
  #frame = 0;

  /** @param onParagraph told of each finished block of prose, for the live region of screen readers */
  constructor(root: HTMLElement, onParagraph: (text: string) => void) {
    this.#root = root;
    this.#onParagraph = onParagraph;
  }

  append(delta: string): void {
    this.#tail += delta;
    if (!this.#root.hasChildNodes()) {
      // The first token is what the user waits for: it goes into the frame that is being made.
      this.#draw('growing');
      return;
    }
    this.#frame ||= requestAnimationFrame(() => {
      this.#frame = 0;
      this.#draw('growing');
    });
  }

  finish(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#draw('whole');
  }

  clear(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.#tail = '';
    this.#tailElement = undefined;
    this.#tailCode = undefined;
    this.#root.replaceChildren();
  }

  #draw(state: 'growing' | 'whole'): void {
    const blocks = topBlocks(this.#tail);
    const keptBlocks = state === 'whole' ? blocks : blocks.slice(0, -1);
    const lines = this.#tail.split('\n');
    for (const block of keptBlocks) this.#drawForGood(block, lines);
    const last = keptBlocks.at(-1);
    if (last) {
      this.#tail = lines
        .slice(state === 'whole' ? lines.length : (blocks.at(-1)?.firstLine ?? last.lastLine))
        .join('\n');
    }
    if (state === 'whole') {
      this.#dropTail();
      return;
    }
    const open = blocks.at(-1);
    if (open) this.#drawTail(open);
  }

  #drawForGood(block: Block, lines: readonly string[]): void {
    if (block.kind === 'code') {
      const element = this.#takeTailCode(block.languageId) ?? new CodeBlockElement(block.languageId);
      element.finish(block.code);
      if (!element.element.isConnected) this.#root.append(element.element);
      return;
    }
    this.#dropTail();
    const fragment = renderProse(lines.slice(block.firstLine, block.lastLine).join('\n'));
    this.#onParagraph(fragment.textContent ?? '');
    this.#root.append(fragment);
  }

  #drawTail(open: Block): void {
    if (open.kind === 'code') {
      // The language comes letter by letter, too.
      if (this.#tailCode?.languageId !== open.languageId) {
        this.#dropTail();
        this.#tailCode = new CodeBlockElement(open.languageId);
        this.#tailElement = this.#tailCode.element;
        this.#root.append(this.#tailElement);
      }
      this.#tailCode?.grow(open.code);
      return;
    }
    if (this.#tailCode || !this.#tailElement) {
      this.#dropTail();
      this.#tailElement = document.createElement('div');
      this.#root.append(this.#tailElement);
    }
    this.#tailElement.replaceChildren(renderProse(this.#tail));
  }

  /** The block that was growing, where it is the one that is now whole: it stays where it stands. */
  #takeTailCode(languageId: string): CodeBlockElement | undefined {
    const code = this.#tailCode;
    if (code?.languageId !== languageId) {
      this.#dropTail();
      return undefined;
    }
    this.#tailElement = undefined;
    this.#tailCode = undefined;
    return code;
  }

  #dropTail(): void {
    this.#tailElement?.remove();
    this.#tailElement = undefined;
    this.#tailCode = undefined;
  }
}
