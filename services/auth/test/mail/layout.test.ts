import { catalogueFaults } from '@gaia/i18n/catalogue';
import { languages } from '@gaia/i18n/language';
import { describe, expect, it } from 'vitest';
import { mailTexts } from '../../src/mail/languages/languages.ts';
import type { MailTexts } from '../../src/mail/languages/mail-texts.ts';
import { escapeHtml, layOut } from '../../src/mail/layout.ts';

const evil = `<script>alert("1")</script>'&`;

it('every language has every text, with the same placeholders', () => {
  const facts = ['site', 'name', 'validity', 'time', 'address', 'device', 'account'];
  expect(catalogueFaults(mailTexts, [Object.fromEntries(facts.map((fact) => [fact, `⟨${fact}⟩`]))])).toEqual([]);
});

describe('a mail', () => {
  const facts = { site: evil, name: evil, validity: '24 h', time: '12:00', address: evil, device: evil, account: evil };
  const kinds = Object.keys(mailTexts.en) as (keyof MailTexts)[];

  it.each(languages.flatMap((language) => kinds.map((kind) => [language, kind] as const)))(
    'in %s about %s escapes all that people write',
    (language, kind) => {
      const text = mailTexts[language][kind](facts);
      const mail = layOut(text, { site: evil, link: 'https://a.test/x?token=y&z="', language });
      expect(mail.html).not.toContain('<script');
      expect(mail.html).not.toContain('y&z="');
      expect(mail.html).not.toMatch(/<(?:img|script|link|iframe)|url\(/i);
      expect(mail.text.replace(/\s+/g, ' ')).toContain(evil);
      if (text.button !== undefined) expect(mail.text).toContain('https://a.test/x?token=y&z="');
    },
  );

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
