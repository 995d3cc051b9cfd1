import DOMPurify from 'dompurify';
import MarkdownIt from 'markdown-it';
import { showInvisible } from './visibleText.ts';

/** Only these leave the page, and only when the user clicks and the editor asks; everything else is text. */
const LINK = /^(https?|mailto):/i;

const markdown = new MarkdownIt({ html: false, linkify: false, typographer: false, breaks: false });
markdown.validateLink = href => LINK.test(href.trim());

markdown.renderer.rules.link_open = (tokens, index, options, _env, self) => {
  const token = tokens[index];
  const href = String(token?.attrGet('href') ?? '');
  token?.attrs?.splice(0);
  token?.attrSet('href', '#');
  token?.attrSet('data-target', href);
  token?.attrSet('title', href);
  return self.renderToken(tokens, index, options);
};

/** The target in words behind the link's text, where the text itself is not the target. */
markdown.renderer.rules.link_close = (tokens, index) => {
  const depthTokens = tokens.slice(0, index).toReversed();
  const open = depthTokens.find(({ type }) => type === 'link_open');
  const shown = tokens[index - 1]?.content ?? '';
  const target = String(open?.attrGet('data-target') ?? '');
  const suffix = shown === target ? '' : ` <span class="target">(${markdown.utils.escapeHtml(target)})</span>`;
  return `</a>${suffix}`;
};

/** An image is a request to a server that the model chose: it is named and never loaded. */
markdown.renderer.rules.image = (tokens, index) => {
  const token = tokens[index];
  const target = String(token?.attrGet('src') ?? '');
  return `<span class="blocked-image">[image not loaded: ${markdown.utils.escapeHtml(`${token?.content ?? ''} ${target}`.trim())}]</span>`;
};

export interface Block {
  /** Lines of the source, the last one excluded. */
  readonly firstLine: number;
  readonly lastLine: number;
  readonly kind: 'code' | 'prose';
  readonly languageId: string;
  readonly code: string;
}

/** The blocks at the top level, in order. Appending text can change the last of them only. */
export function topBlocks(source: string): readonly Block[] {
  const blocks: Block[] = [];
  for (const token of markdown.parse(source, {})) {
    if (token.level !== 0 || !token.map || token.nesting < 0) continue;
    const isCode = token.type === 'fence' || token.type === 'code_block';
    blocks.push({
      firstLine: token.map[0],
      lastLine: token.map[1],
      kind: isCode ? 'code' : 'prose',
      languageId: token.info.trim().split(/\s/, 1)[0] ?? '',
      code: isCode ? showInvisible(token.content.replace(/\n$/, '')) : '',
    });
  }
  return blocks;
}

/** Sanitised a second time: the renderer writes no raw HTML, and a fault in it must not become a hole. */
export function renderProse(source: string): DocumentFragment {
  return DOMPurify.sanitize(markdown.render(showInvisible(source)), {
    RETURN_DOM_FRAGMENT: true,
    ALLOWED_TAGS: [
      ...['p', 'br', 'hr', 'em', 'strong', 's', 'code', 'pre', 'blockquote', 'ul', 'ol', 'li', 'a', 'span'],
      ...['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'table', 'thead', 'tbody', 'tr', 'th', 'td'],
    ],
    ALLOWED_ATTR: ['href', 'title', 'class', 'data-target', 'start', 'align'],
    ALLOWED_URI_REGEXP: /^#$/,
  });
}
