import MarkdownIt from 'markdown-it';
import { isJsonObject } from '../values/json-values.ts';
import { type RichTextDocument, richTextBounds } from './document.ts';
import { documentOfHtml } from './html-input.ts';
import { checkDocument, RichTextError } from './validate.ts';

/** CommonMark with tables and strikethrough. HTML in it passes, and becomes nodes and marks like all of it. */
const markdown = new MarkdownIt({ html: true, linkify: false, typographer: false });
// What nests deeper than this the library leaves out without a word. Each level takes a character at the start of a line.
markdown.set({ maxNesting: 2_000 });
const nestsTooDeeply = /^[ \t>+*\d.)-]{1000}/m;
/** Elements of a page, which bounds what its parser has to keep in mind. */
const MAX_TAGS = 20_000;

/**
 * Reads a rich text as it is sent: the document itself, `{ html }`, `{ markdown }`, or a text, which is Markdown.
 * Throws RichTextError.
 */
export function readRichText(input: unknown): RichTextDocument {
  if (typeof input === 'string') return converted(input, '', markdownHtml);
  if (isJsonObject(input)) {
    const [name, ...others] = Object.keys(input);
    const source = name === undefined ? undefined : input[name];
    if ((name === 'html' || name === 'markdown') && others.length === 0) {
      if (typeof source !== 'string') throw new RichTextError(`/${name}`, 'must be a text');
      return converted(source, `/${name}`, name === 'html' ? (html) => html : markdownHtml);
    }
  }
  checkDocument(input);
  return input;
}

/** A rich text as it is stored: of entries that no version with documents has written yet, Markdown. */
export function storedRichText(stored: unknown): RichTextDocument {
  if (typeof stored !== 'string') return stored as RichTextDocument;
  return documentOfHtml(markdownHtml(stored));
}

function markdownHtml(source: string): string {
  if (!nestsTooDeeply.test(source)) return markdown.render(source);
  return `<pre>${source.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</pre>`;
}

function converted(source: string, path: string, toHtml: (source: string) => string): RichTextDocument {
  if (source.length > richTextBounds.sourceLength) {
    throw new RichTextError(path, `must have at most ${richTextBounds.sourceLength} characters`);
  }
  const html = toHtml(source);
  if (html.split('<', MAX_TAGS + 2).length > MAX_TAGS + 1)
    throw new RichTextError(path, `has more than ${MAX_TAGS} tags`);
  const document = documentOfHtml(html);
  try {
    checkDocument(document);
  } catch (error) {
    throw error instanceof RichTextError ? new RichTextError(path, `${error.message}, converted`) : error;
  }
  return document;
}
