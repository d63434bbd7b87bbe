import { escapeHtml } from '@gaia/http-service/escape-html';
import { anyCharacter } from '@gaia/testing/any-character';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { highlight } from '../../src/queries/highlight.ts';

const wanted = { words: new Set(['fish', 'script']), beginnings: ['bl'], stems: [], parts: [] };

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

  it.each<[string, Partial<Record<'words' | 'stems' | 'parts', string[]>>, string]>([
    ['Straße und STRASSE', { words: ['strasse'] }, '<mark>Straße</mark> und <mark>STRASSE</mark>'],
    ['cafe\u0301 caf\u00e9s', { words: ['cafe'] }, '<mark>cafe\u0301</mark> caf\u00e9s'],
    ['Sil\u00adben', { words: ['silben'] }, '<mark>Sil\u00adben</mark>'],
    ['ＦＩＳＨ ﬁsh', { words: ['fish'] }, '<mark>ＦＩＳＨ</mark> <mark>ﬁsh</mark>'],
    ['東京タワーと京', { parts: ['東京', '京タ'] }, '<mark>東京タ</mark>ワーと京'],
    ['ｶﾞｲﾄﾞ', { parts: ['ガイ'] }, '<mark>ｶﾞｲ</mark>ﾄﾞ'],
    ['C++, C and c++', { words: ['c++'] }, '<mark>C++</mark>, C and <mark>c++</mark>'],
    ['ASP.NET or .NET', { words: ['.net'] }, 'ASP<mark>.NET</mark> or <mark>.NET</mark>'],
    [
      'runs running runner-up rune',
      { stems: ['run'] },
      '<mark>runs</mark> <mark>running</mark> <mark>runner</mark>-up <mark>rune</mark>',
    ],
    ['𝐀bc 𝐚𝐛', { words: ['abc'] }, '<mark>𝐀bc</mark> 𝐚𝐛'],
  ])('is right where letters fold to others: %s', (text, marked, html) => {
    const query = {
      words: new Set(marked.words ?? []),
      beginnings: [],
      stems: marked.stems ?? [],
      parts: marked.parts ?? [],
    };
    expect(highlight(text, query).html).toBe(html);
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
