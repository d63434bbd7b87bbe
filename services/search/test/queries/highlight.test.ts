import { anyCharacter } from '@gaia/testing/any-character';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, highlight } from '../../src/queries/highlight.ts';

const wanted = { words: new Set(['fish', 'script']), beginnings: ['bl'] };

describe('a highlight', () => {
  it('marks whole words and beginnings', () => {
    expect(highlight('A Fish is blue, no fisher.', wanted)).toEqual({
      html: 'A <mark>Fish</mark> is <mark>blue</mark>, no fisher.',
      marked: true,
    });
  });

  it.each([
    [
      '<script>alert("fish")</script>',
      '&lt;<mark>script</mark>&gt;alert(&quot;<mark>fish</mark>&quot;)&lt;/<mark>script</mark>&gt;',
    ],
    ["<mark>fish</mark> & 'co'", '&lt;mark&gt;<mark>fish</mark>&lt;/mark&gt; &amp; &#39;co&#39;'],
    ['&lt;fish', '&amp;lt;<mark>fish</mark>'],
  ])('escapes everything else: %s', (text, html) => {
    expect(highlight(text, wanted).html).toBe(html);
  });

  it('shows the stretch with most of the words', () => {
    const filler = 'lorem ipsum dolor sit amet '.repeat(20);
    const { html } = highlight(`fish ${filler}blue fish, script ${filler}fish`, wanted);
    expect(html).toContain('<mark>blue</mark> <mark>fish</mark>, <mark>script</mark>');
    expect(html).toMatch(/^….*…$/s);
    expect(html.length).toBeLessThan(300);
  });

  it('shows the beginning where nothing is marked', () => {
    expect(highlight('Nothing here', wanted)).toEqual({ html: 'Nothing here', marked: false });
  });

  it('holds no markup but its own, and nothing but the text', () => {
    const part = fc.oneof(
      fc.string({ unit: anyCharacter }),
      fc.constantFrom('fish', '<mark>', ' blue ', '</mark>', '&', '😀'.repeat(150)),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 40 }), (parts) => {
        const text = parts.join('');
        const { html } = highlight(text, wanted);
        const plain = html.replaceAll('<mark>', '').replaceAll('</mark>', '');
        expect(plain).not.toMatch(/[<>"']/);
        expect(escapeHtml(text)).toContain(plain.replace(/^…/, '').replace(/…$/, ''));
        expect(plain.length === 0 || !text.isWellFormed() || plain.isWellFormed()).toBe(true);
      }),
    );
  });
});
