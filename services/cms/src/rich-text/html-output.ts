import { escapeHtml } from '@gaia/http-service/escape-html';
import type { RichTextDocument, RichTextMark, RichTextNode } from './document.ts';
import { isSafeImage, isSafeLink } from './safe-url.ts';

const elements: Readonly<Record<string, string>> = {
  paragraph: 'p',
  blockquote: 'blockquote',
  bulletList: 'ul',
  listItem: 'li',
  tableRow: 'tr',
};
const markElements: Readonly<Record<string, string>> = {
  bold: 'strong',
  italic: 'em',
  underline: 'u',
  strike: 's',
  code: 'code',
  subscript: 'sub',
  superscript: 'sup',
  highlight: 'mark',
};

/**
 * A rich text as HTML that can be put into a page: only these elements and attributes, every text escaped, addresses
 * checked again, so that it is safe also should the document have been written past the service.
 */
export function richTextHtml(document: RichTextDocument): string {
  return inside(document);
}

function inside(node: RichTextNode): string {
  return (node.content ?? []).map(nodeHtml).join('');
}

function nodeHtml(node: RichTextNode): string {
  const attrs = node.attrs ?? {};
  const element = Object.hasOwn(elements, node.type) ? elements[node.type] : undefined;
  if (element !== undefined) return `<${element}>${inside(node)}</${element}>`;
  switch (node.type) {
    case 'text':
      return (node.marks ?? []).reduceRight(markHtml, escapeHtml(node.text ?? ''));
    case 'heading': {
      const level = wholeNumber(attrs.level) ?? 1;
      return `<h${Math.min(level, 6)}>${inside(node)}</h${Math.min(level, 6)}>`;
    }
    case 'orderedList':
      return `<ol${attribute('start', numberUnless(attrs.start, 1))}${attribute('type', attrs.type)}>${inside(node)}</ol>`;
    case 'codeBlock':
      return `<pre><code${attribute('class', attrs.language && `language-${attrs.language}`)}>${inside(node)}</code></pre>`;
    case 'horizontalRule':
      return '<hr>';
    case 'hardBreak':
      return '<br>';
    case 'image':
      return isSafeImage(attrs.src)
        ? `<img${attribute('src', attrs.src)}${attribute('alt', attrs.alt ?? '')}${attribute('title', attrs.title)}` +
            `${attribute('width', wholeNumber(attrs.width))}${attribute('height', wholeNumber(attrs.height))}>`
        : '';
    case 'table':
      return `<table><tbody>${inside(node)}</tbody></table>`;
    case 'tableCell':
    case 'tableHeader': {
      const cell = node.type === 'tableCell' ? 'td' : 'th';
      const spans =
        attribute('colspan', numberUnless(attrs.colspan, 1)) + attribute('rowspan', numberUnless(attrs.rowspan, 1));
      return `<${cell}${spans}>${inside(node)}</${cell}>`;
    }
    default:
      return inside(node);
  }
}

function markHtml(inner: string, mark: RichTextMark): string {
  const { href, title, target, rel } = mark.attrs ?? {};
  if (mark.type === 'link') {
    if (!isSafeLink(href)) return inner;
    // Without noopener, the page that is opened could send the one that opened it elsewhere.
    const safeRel =
      target === '_blank' ? [...new Set(['noopener', ...String(rel ?? '').split(' ')])].join(' ').trim() : rel;
    return `<a${attribute('href', href)}${attribute('title', title)}${attribute('target', target)}${attribute('rel', safeRel)}>${inner}</a>`;
  }
  const element = Object.hasOwn(markElements, mark.type) ? markElements[mark.type] : undefined;
  return element === undefined ? inner : `<${element}>${inner}</${element}>`;
}

function attribute(name: string, value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? ` ${name}="${escapeHtml(String(value))}"` : '';
}

function wholeNumber(value: unknown): number | undefined {
  return Number.isInteger(value) && (value as number) > 0 ? (value as number) : undefined;
}

function numberUnless(value: unknown, usual: number): number | undefined {
  return Number.isInteger(value) && value !== usual ? (value as number) : undefined;
}
