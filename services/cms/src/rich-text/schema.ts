import { type MarkSpec, type NodeSpec, Schema } from 'prosemirror-model';
import { richTextBounds } from './document.ts';
import { isSafeImage, isSafeLink } from './safe-url.ts';

type AttributeCheck = (value: unknown) => boolean;

/** Attributes of nodes and marks, by the type's name. All may be null or absent but `href` and `src`. */
export const attributes: Readonly<Record<string, Readonly<Record<string, AttributeCheck>>>> = {
  heading: { level: wholeNumber(1, 6) },
  orderedList: { start: wholeNumber(0, 1_000_000), type: oneOf('1', 'a', 'A', 'i', 'I') },
  codeBlock: { language: matches(/^[\w+#.-]{1,40}$/) },
  image: {
    src: isSafeImage,
    alt: isText,
    title: isText,
    width: wholeNumber(1, 100_000),
    height: wholeNumber(1, 100_000),
  },
  tableCell: { colspan: wholeNumber(1, 100), rowspan: wholeNumber(1, 1_000) },
  tableHeader: { colspan: wholeNumber(1, 100), rowspan: wholeNumber(1, 1_000) },
  link: { href: isSafeLink, title: isText, target: oneOf('_blank', '_self'), rel: matches(/^[a-z -]{0,100}$/) },
};

/** Attributes without which a node or mark means nothing. */
export const necessaryAttributes: Readonly<Record<string, string>> = { heading: 'level', image: 'src', link: 'href' };

const nodes: Record<string, NodeSpec> = {
  doc: { content: 'block+' },
  text: { group: 'inline' },
  paragraph: { group: 'block', content: 'inline*' },
  heading: { group: 'block', content: 'inline*' },
  blockquote: { group: 'block', content: 'block+' },
  bulletList: { group: 'block', content: 'listItem+' },
  orderedList: { group: 'block', content: 'listItem+' },
  listItem: { content: 'paragraph block*' },
  codeBlock: { group: 'block', content: 'text*', marks: '' },
  horizontalRule: { group: 'block' },
  image: { group: 'block' },
  hardBreak: { group: 'inline', inline: true },
  table: { group: 'block', content: 'tableRow+' },
  tableRow: { content: '(tableCell | tableHeader)+' },
  tableCell: { content: 'block+' },
  tableHeader: { content: 'block+' },
};

const marks: Record<string, MarkSpec> = {
  link: {},
  bold: {},
  italic: {},
  underline: {},
  strike: {},
  code: {},
  subscript: {},
  superscript: {},
  highlight: {},
};

/** What may stand in what. */
export const richTextSchema = new Schema({ nodes, marks });

function wholeNumber(min: number, max: number): AttributeCheck {
  return (value) => Number.isInteger(value) && (value as number) >= min && (value as number) <= max;
}

function oneOf(...values: readonly string[]): AttributeCheck {
  return (value) => values.includes(value as string);
}

function matches(syntax: RegExp): AttributeCheck {
  return (value) => typeof value === 'string' && syntax.test(value);
}

function isText(value: unknown): boolean {
  return typeof value === 'string' && value.length <= richTextBounds.attribute;
}
