import hljs from 'highlight.js/lib/common';
import type { CodeAction } from '../chatProtocol.ts';

/** Highlighting a larger block would hold up the frame; it stays readable without colours. */
const HIGHLIGHT_CHARS_MAX = 20_000;

const ACTIONS: readonly { action: CodeAction; label: string; icon: string }[] = [
  { action: 'copy', label: 'Copy', icon: 'copy' },
  { action: 'insert', label: 'Insert at Cursor', icon: 'insert' },
  { action: 'apply', label: 'Apply…', icon: 'diff' },
  { action: 'newFile', label: 'New File', icon: 'new-file' },
];

export interface CodeBlockEvent {
  readonly action: CodeAction;
  readonly text: string;
  readonly languageId: string;
}

/** One block of code with what can be done with it. Grows while it streams; is coloured once it is whole. */
export class CodeBlockElement {
  readonly element = document.createElement('div');
  readonly #code = document.createElement('code');
  readonly languageId: string;
  #text = '';

  constructor(languageId: string) {
    this.languageId = languageId;
    this.element.className = 'code-block';
    const pre = document.createElement('pre');
    pre.tabIndex = 0;
    pre.setAttribute('role', 'region');
    pre.setAttribute('aria-label', languageId ? `${languageId} code` : 'code');
    pre.append(this.#code);
    this.element.append(this.#header(), pre);
  }

  /** Adds only what is new, so that a frame's cost does not grow with the block. */
  grow(text: string): void {
    if (text.startsWith(this.#text)) this.#code.append(text.slice(this.#text.length));
    else this.#code.textContent = text;
    this.#text = text;
  }

  finish(text: string): void {
    this.grow(text);
    if (text.length > HIGHLIGHT_CHARS_MAX || !hljs.getLanguage(this.languageId)) return;
    this.#code.innerHTML = hljs.highlight(text, { language: this.languageId, ignoreIllegals: true }).value;
  }

  #header(): HTMLElement {
    const header = document.createElement('div');
    header.className = 'code-header';
    const language = document.createElement('span');
    language.className = 'code-language';
    language.textContent = this.languageId;
    const toolbar = document.createElement('div');
    toolbar.className = 'code-actions';
    toolbar.append(...ACTIONS.map(row => this.#button(row)));
    header.append(language, toolbar);
    return header;
  }

  #button({ action, label, icon }: (typeof ACTIONS)[number]): HTMLElement {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'icon-button';
    button.title = label;
    button.setAttribute('aria-label', label);
    button.innerHTML = `<span class="codicon codicon-${icon}" aria-hidden="true"></span>`;
    button.addEventListener('click', () => {
      const detail: CodeBlockEvent = { action, text: this.#text, languageId: this.languageId };
      this.element.dispatchEvent(new CustomEvent('code-action', { bubbles: true, detail }));
    });
    return button;
  }
}
