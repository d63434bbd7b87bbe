import { parseDocument } from 'htmlparser2';
import {
  emptyDocument,
  type RichTextDocument,
  type RichTextMark,
  type RichTextNode,
  richTextBounds,
} from './document.ts';
import { attributes } from './schema.ts';

/** A node of a parsed page: the shape of it that is read here. */
interface HtmlNode {
  readonly type: string;
  readonly name?: string;
  readonly data?: string;
  readonly attribs?: Readonly<Record<string, string>>;
  readonly children?: readonly HtmlNode[];
}

interface Place {
  readonly marks: readonly RichTextMark[];
  /** Nodes above what is made here. */
  readonly depth: number;
  readonly preformatted: boolean;
}

const marksOf: Readonly<Record<string, string>> = {
  strong: 'bold',
  b: 'bold',
  em: 'italic',
  i: 'italic',
  cite: 'italic',
  dfn: 'italic',
  var: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strike',
  del: 'strike',
  strike: 'strike',
  code: 'code',
  kbd: 'code',
  samp: 'code',
  tt: 'code',
  sub: 'subscript',
  sup: 'superscript',
  mark: 'highlight',
};
/** What a browser does not show as text. */
const unread = new Set([
  'script',
  'style',
  'template',
  'noscript',
  'iframe',
  'object',
  'embed',
  'svg',
  'math',
  'head',
  'title',
  'audio',
  'video',
  'canvas',
  'noembed',
  'noframes',
]);
const blocks = new Set([
  'address',
  'article',
  'aside',
  'body',
  'caption',
  'center',
  'dd',
  'details',
  'dialog',
  'div',
  'dl',
  'dt',
  'fieldset',
  'figcaption',
  'figure',
  'footer',
  'form',
  'header',
  'hgroup',
  'html',
  'legend',
  'li',
  'main',
  'menu',
  'nav',
  'option',
  'p',
  'search',
  'section',
  'select',
  'summary',
  'tbody',
  'td',
  'tfoot',
  'th',
  'thead',
  'tr',
]);
/** Nodes that take a place in a line. */
const isInline = (node: RichTextNode) => node.type === 'text' || node.type === 'hardBreak';
/** Deepest nesting of elements that is walked; what is deeper keeps its text. */
const MAX_ELEMENT_DEPTH = 200;

/** Reads HTML as browsers show it: known nodes and marks stay, of all else the text. */
export function documentOfHtml(html: string): RichTextDocument {
  const place: Place = { marks: [], depth: 1, preformatted: false };
  const content = fit(flow(parseDocument(html) as HtmlNode, place, 0));
  return content.length === 0 ? emptyDocument : { type: 'doc', content };
}

/** Inline and block nodes of an element's children, in order; where a block of no type of ours ends, `null`. */
type Flow = (RichTextNode | null)[];

function flow(parent: HtmlNode, place: Place, level: number): Flow {
  const items: Flow = [];
  for (const node of parent.children ?? []) {
    for (const item of nodeFlow(node, place, level + 1)) items.push(item);
  }
  return items;
}

function nodeFlow(node: HtmlNode, place: Place, level: number): Flow {
  if (node.type === 'text') return textNodes(node.data ?? '', place);
  const { name = '' } = node;
  if (node.children === undefined || unread.has(name)) return [];
  if (level > MAX_ELEMENT_DEPTH) return [null, ...textNodes(textWithin(node), place), null];
  const mark = markOf(node);
  if (mark !== undefined) return flow(node, { ...place, marks: withMark(place.marks, mark) }, level);
  if (name === 'br') return [{ type: 'hardBreak' }];
  const block = blockOf(node, place, level);
  if (block !== undefined) return block;
  return blocks.has(name) ? [null, ...flow(node, place, level), null] : flow(node, place, level);
}

/** Nodes that elements stand for. Where they would nest too deeply, what is in them is kept without them. */
function blockOf(node: HtmlNode, place: Place, level: number): Flow | undefined {
  const { name = '', attribs = {} } = node;
  const within = (levels: number): Place => ({ ...place, depth: place.depth + levels });
  const fits = (levels: number) => place.depth + levels < richTextBounds.depth;
  if (/^h[1-6]$/.test(name)) {
    const inner = flow(node, place, level);
    const attrs = { level: Number(name[1]) };
    return [
      null,
      ...fit(inner).map((part) => (part.type === 'paragraph' ? { ...part, type: 'heading', attrs } : part)),
      null,
    ];
  }
  if (name === 'hr') return [{ type: 'horizontalRule' }];
  if (name === 'img') return image(attribs);
  if (name === 'pre') return codeBlock(node);
  if (name === 'blockquote' && fits(2)) {
    const content = fit(flow(node, within(1), level));
    return content.length === 0 ? [null] : [{ type: 'blockquote', content }];
  }
  if ((name === 'ul' || name === 'ol' || name === 'menu') && fits(3)) return list(node, within(2), level);
  if (name === 'table' && fits(4)) return table(node, within(3), level);
  return undefined;
}

function image({ src, alt, title }: Readonly<Record<string, string>>): Flow {
  const attrs = { src: src?.trim(), ...(alt && { alt }), ...(title && { title }) };
  return takes('image', attrs)
    ? [{ type: 'image', attrs }]
    : alt
      ? [null, ...textNodes(alt, { marks: [], depth: 1, preformatted: false }), null]
      : [];
}

function codeBlock(node: HtmlNode): Flow {
  const text = textWithin(node).replace(/^\n/, '').replace(/\n$/, '');
  const inner = (node.children ?? []).find((child) => child.name === 'code');
  const language = /(?:^|\s)lang(?:uage)?-([\w+#.-]{1,40})/.exec(
    `${node.attribs?.class ?? ''} ${inner?.attribs?.class ?? ''}`,
  )?.[1];
  const attrs = language === undefined ? {} : { attrs: { language } };
  return [{ type: 'codeBlock', ...attrs, ...(text !== '' && { content: [{ type: 'text', text }] }) }];
}

function list(node: HtmlNode, place: Place, level: number): Flow {
  const items: RichTextNode[] = [];
  for (const child of node.children ?? []) {
    const content = fit(child.name === 'li' ? flow(child, place, level + 1) : nodeFlow(child, place, level + 1));
    if (content.length === 0 && child.name !== 'li') continue;
    // A list within a list without an item of its own belongs to the item before.
    const before = items.at(-1);
    if (child.name !== 'li' && before !== undefined && content[0]?.type !== 'paragraph') {
      items[items.length - 1] = { ...before, content: [...(before.content ?? []), ...content] };
    } else {
      const first = content[0]?.type === 'paragraph' ? [] : [{ type: 'paragraph' }];
      items.push({ type: 'listItem', content: [...first, ...content] });
    }
  }
  if (items.length === 0) return [null];
  const start = Number(node.attribs?.start ?? 1);
  const ordered = node.name === 'ol';
  const attrs = ordered && start !== 1 && takes('orderedList', { start }) ? { attrs: { start } } : {};
  return [{ type: ordered ? 'orderedList' : 'bulletList', ...attrs, content: items }];
}

function table(node: HtmlNode, place: Place, level: number): Flow {
  const rows: RichTextNode[] = [];
  const beside: Flow = [];
  const visit = (parent: HtmlNode) => {
    for (const child of parent.children ?? []) {
      if (child.name === 'thead' || child.name === 'tbody' || child.name === 'tfoot') visit(child);
      else if (child.name === 'tr') rows.push(...row(child, place, level + 1));
      else for (const item of nodeFlow(child, { ...place, depth: place.depth - 3 }, level + 1)) beside.push(item);
    }
  };
  visit(node);
  return [null, ...beside, null, ...(rows.length === 0 ? [] : [{ type: 'table', content: rows }])];
}

function row(node: HtmlNode, place: Place, level: number): RichTextNode[] {
  const cells = (node.children ?? []).flatMap((child): RichTextNode[] => {
    if (child.name !== 'td' && child.name !== 'th') {
      const stray = fit(nodeFlow(child, place, level + 1));
      return stray.length === 0 ? [] : [{ type: 'tableCell', content: stray }];
    }
    const type = child.name === 'td' ? 'tableCell' : 'tableHeader';
    const spans = Object.entries(child.attribs ?? {})
      .filter(([name]) => name === 'colspan' || name === 'rowspan')
      .map(([name, value]): [string, number] => [name, Number(value)])
      .filter(([name, value]) => value > 1 && takes(type, { [name]: value }));
    const content = fit(flow(child, place, level + 1));
    return [
      {
        type,
        ...(spans.length > 0 && { attrs: Object.fromEntries(spans) }),
        content: content.length === 0 ? [{ type: 'paragraph' }] : content,
      },
    ];
  });
  return cells.length === 0 ? [] : [{ type: 'tableRow', content: cells }];
}

function markOf({ name = '', attribs = {} }: HtmlNode): RichTextMark | undefined {
  if (name === 'a') {
    const attrs = { href: attribs.href?.trim(), ...(attribs.title && { title: attribs.title }) };
    return attrs.href !== undefined && takes('link', attrs) ? { type: 'link', attrs } : undefined;
  }
  const type = Object.hasOwn(marksOf, name) ? marksOf[name] : undefined;
  return type === undefined ? undefined : { type };
}

function takes(type: string, attrs: Readonly<Record<string, unknown>>): boolean {
  return Object.entries(attrs).every(([name, value]) => attributes[type]?.[name]?.(value) === true);
}

function withMark(marks: readonly RichTextMark[], mark: RichTextMark): readonly RichTextMark[] {
  return marks.some(({ type }) => type === mark.type) ? marks : [...marks, mark];
}

function textNodes(data: string, { marks, preformatted }: Place): RichTextNode[] {
  // NUL and half characters can come out of references such as &#xD800; and cannot be stored.
  const clean = data.replaceAll('\u0000', '').toWellFormed();
  const text = preformatted ? clean : clean.replace(/[ \t\n\r\f]+/g, ' ');
  return text === '' ? [] : [{ type: 'text', ...(marks.length > 0 && { marks }), text }];
}

/** All text within an element, walked without recursion: nesting may be as deep as the page is long. */
function textWithin(root: HtmlNode): string {
  let text = '';
  const stack: HtmlNode[] = [root];
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.type === 'text') text += node.data ?? '';
    else if (node.name === 'br') text += '\n';
    else if (!unread.has(node.name ?? '')) for (const child of (node.children ?? []).toReversed()) stack.push(child);
  }
  return text.replaceAll('\u0000', '').toWellFormed();
}

/** Block nodes of a flow: what stands in a line becomes a paragraph. */
function fit(items: Flow): RichTextNode[] {
  const found: RichTextNode[] = [];
  let line: RichTextNode[] = [];
  const end = () => {
    const content = trimmed(line);
    if (content.length > 0) found.push({ type: 'paragraph', content });
    line = [];
  };
  for (const item of items) {
    if (item !== null && isInline(item)) line.push(item);
    else {
      end();
      if (item !== null) found.push(item);
    }
  }
  end();
  return found;
}

/** A line as it is shown: no space at its ends, nor after another space or a break; equal neighbours are one. */
function trimmed(line: readonly RichTextNode[]): RichTextNode[] {
  const made: RichTextNode[] = [];
  for (const node of line) {
    const last = made.at(-1);
    const afterSpace = last === undefined || last.type === 'hardBreak' || last.text?.endsWith(' ');
    const text = afterSpace ? node.text?.replace(/^ /, '') : node.text;
    if (node.type === 'text' && text === '') continue;
    if (node.type === 'text' && last?.type === 'text' && sameMarks(last, node))
      made[made.length - 1] = { ...last, text: `${last.text}${text}` };
    else made.push(node.type === 'text' && text !== undefined ? { ...node, text } : node);
  }
  const last = made.at(-1);
  if (last?.type === 'text') {
    const text = (last.text ?? '').replace(/ $/, '');
    made.pop();
    if (text !== '') made.push({ ...last, text });
  }
  while (made.at(-1)?.type === 'hardBreak') made.pop();
  return made;
}

function sameMarks(one: RichTextNode, other: RichTextNode): boolean {
  return JSON.stringify(one.marks ?? []) === JSON.stringify(other.marks ?? []);
}
