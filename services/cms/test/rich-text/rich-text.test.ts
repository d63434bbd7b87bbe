import { parseDocument } from 'htmlparser2';
import { describe, expect, it } from 'vitest';
import { richTextHtml } from '../../src/rich-text/html-output.ts';
import { readRichText, storedRichText } from '../../src/rich-text/input.ts';
import { richTextText } from '../../src/rich-text/plain-text.ts';
import { checkDocument } from '../../src/rich-text/validate.ts';
import { vectors } from './vectors.ts';

const htmlOf = (input: unknown) => richTextHtml(readRichText(input));
const textOf = (input: unknown) => richTextText(readRichText(input));

interface Element {
  readonly type: string;
  readonly name?: string;
  readonly attribs?: Readonly<Record<string, string>>;
  readonly children?: readonly Element[];
}

const elements = new Set(
  'p h1 h2 h3 h4 h5 h6 blockquote ul ol li pre code hr br img table tbody tr th td a strong em u s sub sup mark'.split(
    ' ',
  ),
);
const attributes = new Set('href title target rel src alt width height start type class colspan rowspan'.split(' '));

/** What a page would get of delivered HTML beside the elements and attributes that there may be. */
function unsafe(html: string): string[] {
  const found: string[] = [];
  const visit = (node: Element) => {
    if (node.type !== 'text' && node.type !== 'root') {
      if (!elements.has(node.name ?? '')) found.push(`<${node.type} ${node.name}>`);
      for (const [name, value] of Object.entries(node.attribs ?? {})) {
        if (!attributes.has(name)) found.push(`${name}=${value}`);
        const url = name === 'href' || name === 'src' ? new URL(value, 'https://page.test') : undefined;
        if (url !== undefined && !['https:', 'http:', 'mailto:', 'tel:'].includes(url.protocol)) found.push(value);
      }
    }
    for (const child of node.children ?? []) visit(child);
  };
  visit(parseDocument(html) as Element);
  return found;
}

describe('HTML that attacks a page', () => {
  it.each(vectors)('%s is delivered harmless, as HTML and in Markdown', (vector) => {
    for (const input of [
      { html: vector },
      { markdown: vector },
      `text\n\n${vector} text`,
      { html: `<li>${vector}<td>` },
    ]) {
      const document = readRichText(input);
      expect(() => checkDocument(document)).not.toThrow();
      expect(unsafe(richTextHtml(document))).toEqual([]);
      expect(unsafe(richTextHtml(readRichText(JSON.parse(JSON.stringify(document)))))).toEqual([]);
    }
    const text = { type: 'doc', content: [{ type: 'paragraph', content: [{ type: 'text', text: vector }] }] };
    expect(unsafe(htmlOf(text))).toEqual([]);
    expect(textOf(text)).toBe(vector);
  });

  it.each(['javascript:alert(1)', 'java\tscript:alert(1)', ' data:text/html,x', 'vbscript:x', 'blob:x', 'https://a b'])(
    'a link to %j is refused in a document, and not delivered if it is there',
    (href) => {
      const content = [{ type: 'text', text: 'x', marks: [{ type: 'link', attrs: { href } }] }];
      const document = { type: 'doc' as const, content: [{ type: 'paragraph', content }] };
      expect(() => readRichText(document)).toThrow();
      expect(richTextHtml(document)).toBe('<p>x</p>');
    },
  );
});

it.each<[unknown, string]>([
  ['# Hi *there*', '<h1>Hi <em>there</em></h1>'],
  ['one  \ntwo\nthree', '<p>one<br>two three</p>'],
  ['- a\n- b\n  1. c', '<ul><li><p>a</p></li><li><p>b</p><ol><li><p>c</p></li></ol></li></ul>'],
  ['7. a', '<ol start="7"><li><p>a</p></li></ol>'],
  ['```js\n1 < 2\n```', '<pre><code class="language-js">1 &lt; 2</code></pre>'],
  ['> q\n\n---', '<blockquote><p>q</p></blockquote><hr>'],
  [
    '~~a~~ [l](/x "t") ![i](https://a.test/b.png)',
    '<p><s>a</s> <a href="/x" title="t">l</a></p><img src="https://a.test/b.png" alt="i">',
  ],
  ['| a |\n|---|\n| 1 |', '<table><tbody><tr><th><p>a</p></th></tr><tr><td><p>1</p></td></tr></tbody></table>'],
  [{ html: '<div>a<p>b</p>c</div>' }, '<p>a</p><p>b</p><p>c</p>'],
  [{ html: '<b>a<p>b</p></b>' }, '<p><strong>a</strong></p><p><strong>b</strong></p>'],
  [{ html: '<ul><li>x<ul><li>y</ul></ul>' }, '<ul><li><p>x</p><ul><li><p>y</p></li></ul></li></ul>'],
  [{ html: '<ul><ul><li>y</ul></ul>' }, '<ul><li><p></p><ul><li><p>y</p></li></ul></li></ul>'],
  [{ html: 'Z&uuml;rich &amp; B&acirc;le' }, '<p>Zürich &amp; Bâle</p>'],
  [{ html: '  a \n  <i> b </i>  c ' }, '<p>a <em>b </em>c</p>'],
  [{ html: '<h2><p>a</p></h2>' }, '<h2>a</h2>'],
  [{ html: '<custom-tag>a</custom-tag><p></p>' }, '<p>a</p>'],
  [{ html: '' }, '<p></p>'],
])('%j is delivered as %s', (input, html) => {
  expect(htmlOf(input)).toBe(html);
  expect(htmlOf({ html })).toBe(html);
});

it.each<[unknown, string]>([
  ['# Head\n- **bold** _it_ `code`', 'Head\nbold it code'],
  ['<b>h</b>eron, <i class="x">grey</i>.<br>stork', 'heron, grey.\nstork'],
  ['2 < 3 and 5 > 4', '2 < 3 and 5 > 4'],
  ['![alt](a.png) [text](http://x.test/a)', 'alt\ntext'],
  ['| a | b |\n|---|---|\n| 1 | 2 |', 'a\nb\n1\n2'],
  ['<p class="x">a</p><script>alert(1)</script>b', 'a\nb'],
])('%j reads %j', (input, text) => {
  expect(textOf(input)).toBe(text);
  expect(richTextText(storedRichText(input))).toBe(text);
});

const paragraph = { type: 'paragraph', content: [{ type: 'text', text: 'x' }] };
const nested = (depth: number): object =>
  depth === 0 ? paragraph : { type: 'blockquote', content: [nested(depth - 1)] };
it.each<[string, unknown, string]>([
  ['no object', 5, ''],
  ['a list', [], ''],
  ['a node alone', paragraph, '/type'],
  ['an empty document', { type: 'doc', content: [] }, ''],
  ['an unknown node', { type: 'doc', content: [{ type: 'iframe' }] }, '/content/0/type'],
  ['a name of the prototype', { type: 'doc', content: [{ type: 'constructor' }] }, '/content/0/type'],
  ['an unknown member', { type: 'doc', content: [{ ...paragraph, html: '' }] }, '/content/0/html'],
  [
    'an unknown attribute',
    { type: 'doc', content: [{ ...paragraph, attrs: { onclick: 'x' } }] },
    '/content/0/attrs/onclick',
  ],
  ['a wrong attribute', { type: 'doc', content: [{ type: 'heading', attrs: { level: 7 } }] }, '/content/0/attrs/level'],
  ['a missing attribute', { type: 'doc', content: [{ type: 'image' }] }, '/content/0/attrs/src'],
  [
    'a paragraph in a paragraph',
    { type: 'doc', content: [{ type: 'paragraph', content: [paragraph] }] },
    '/content/0/content/0',
  ],
  ['a list without items', { type: 'doc', content: [{ type: 'bulletList' }] }, '/content/0'],
  [
    'an unknown mark',
    {
      type: 'doc',
      content: [{ type: 'paragraph', content: [{ type: 'text', text: 'x', marks: [{ type: 'onclick' }] }] }],
    },
    '/content/0/content/0/marks/0',
  ],
  [
    'an empty text',
    { type: 'doc', content: [{ type: 'paragraph', content: [{ type: 'text', text: '' }] }] },
    '/content/0/content/0/text',
  ],
  ['too deep a nesting', { type: 'doc', content: [nested(24)] }, ''],
  ['too many nodes', { type: 'doc', content: Array.from({ length: 10_000 }, () => paragraph) }, ''],
  ['HTML that is no text', { html: 5 }, '/html'],
  ['HTML beside Markdown', { html: 'a', markdown: 'b' }, '/type'],
  ['too long a text', { markdown: 'x'.repeat(200_001) }, '/markdown'],
  ['too many tags', { html: '<b></b>'.repeat(10_001) }, '/html'],
])('%s is refused', (_what, input, path) => {
  expect(() => readRichText(input)).toThrow(expect.objectContaining({ path }));
});

it.each([
  ['elements', { html: `${'<div>'.repeat(20_000)}deep` }],
  ['quotations', { markdown: `${'>'.repeat(5_000)} deep` }],
  ['quotations of a hundred levels', { markdown: `${'> '.repeat(400)} deep` }],
  ['indented lists', { markdown: Array.from({ length: 300 }, (_, n) => `${'  '.repeat(n)}- deep`).join('\n') }],
  ['lists', { html: `${'<ul><li>'.repeat(9_000)}deep` }],
  ['tables', { html: `${'<table><tr><td>'.repeat(6_000)}deep` }],
  ['marks', { html: `${'<b><i>'.repeat(9_000)}deep` }],
])('what nests too deeply in %s keeps its text', (_what, input) => {
  const document = readRichText(input);
  expect(() => checkDocument(document)).not.toThrow();
  expect(richTextText(document)).toContain('deep');
});
