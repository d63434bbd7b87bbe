import { describe, expect, it } from 'vitest';
import { languages } from '../../src/mail/languages/languages.ts';
import { escapeHtml, layOut } from '../../src/mail/layout.ts';

const evil = `<script>alert("1")</script>'&`;

describe('a mail', () => {
  const facts = {
    site: evil,
    name: evil,
    hours: 24,
    minutes: 30,
    days: 7,
    address: evil,
    device: evil,
    at: new Date(0),
  };

  it.each(
    Object.entries(languages).flatMap(([language, texts]) =>
      Object.keys(texts).map((name) => [language, name] as const),
    ),
  )('in %s about %s escapes all that people write', (language, name) => {
    const texts = languages[language as 'en'];
    const text = texts[name as keyof typeof texts](facts);
    const mail = layOut(text, { site: evil, link: 'https://a.test/x?token=y&z="', language: 'en' });
    expect(mail.html).not.toContain('<script');
    expect(mail.html).not.toContain('y&z="');
    expect(mail.html).not.toMatch(/<(?:img|script|link|iframe)|url\(/i);
    expect(mail.text).toContain(evil);
    expect(mail.subject).not.toBe('');
    if (text.button !== undefined) expect(mail.text).toContain('https://a.test/x?token=y&z="');
  });

  it('has no second line in its subject', () => {
    const mail = layOut(
      { subject: 'a\r\nbcc: b@evil.example', paragraphs: [] },
      { site: 'b\nc', link: undefined, language: 'en' },
    );
    expect(mail.subject).toBe('a bcc: b@evil.example');
    expect(mail.text).not.toContain('b\nc');
  });

  it('escapes', () => {
    expect(escapeHtml(`<a href='x' title="y">&`)).toBe('&#60;a href=&#39;x&#39; title=&#34;y&#34;&#62;&#38;');
  });
});
