import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { languages } from '@gaia/i18n/language';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFileTransport } from '../../src/mail/file-transport.ts';
import { mailTexts } from '../../src/mail/languages/languages.ts';
import type { MailFacts, MailTexts } from '../../src/mail/languages/mail-texts.ts';
import { layOut } from '../../src/mail/layout.ts';
import { mailsOf } from '../support/mailbox.ts';

const kinds = Object.keys(mailTexts.en) as (keyof MailTexts)[];
const link = 'https://anna.example/reset?token=abc.def-_';
const facts: MailFacts = {
  site: 'Anna’s Söhne 北京',
  name: 'Zoë',
  validity: '24×60',
  time: '2026-03-09',
  address: '192.0.2.7',
  device: 'curl',
  account: 'zoe@gaia.test',
};
/** Words that every text of the language has some of, and that no other language has. */
const marks = {
  en: /\b(?:the|you|your|this|has|is)\b/i,
  fr: /\b(?:le|un|une|vous|votre|cette|sur|si)\b/i,
  de: /\b(?:der|die|das|ihr|ihre|ihres|ihrem|sie|dieser|diese|ist|bei|nicht)\b/i,
  zh: /[您请账号邮箱]/u,
};

let mailDirectory: string;

beforeAll(() => {
  mailDirectory = mkdtempSync(join(tmpdir(), 'gaia-mail-languages-'));
});
afterAll(() => rmSync(mailDirectory, { recursive: true }));

describe.each(languages)('a mail in %s', (language) => {
  it.each(kinds)('about %s arrives whole', async (kind) => {
    const written = mailTexts[language][kind](facts);
    const transport = createFileTransport({ directory: mailDirectory, now: Date.now });
    await transport.send({
      id: `${language}-${kind}`,
      language,
      from: { name: facts.site, address: 'no-reply@gaia.test' },
      to: 'zoe@gaia.test',
      ...layOut(written, { site: facts.site, link: written.button && link, language }),
    });
    transport.close();
    const mail = (await mailsOf({ mailDirectory })).find(({ file }) => file.endsWith(`-${language}-${kind}.eml`));
    if (mail === undefined) throw new Error('no mail was written');
    expect(mail.language).toBe(language);
    expect(mail.from).toBe(`${facts.site} <no-reply@gaia.test>`);
    expect(mail.subject).toBe(written.subject);
    expect(mail.subject).toMatch(/Anna’s Söhne 北京|zoe@gaia\.test/);
    expect(mail.html).toMatch(new RegExp(`^<!doctype html>\n<html lang="${language}">`));
    expect(mail.link?.href).toBe(written.button === undefined ? undefined : link);
    expect(mail.html.includes(`href="${link}"`)).toBe(written.button !== undefined);
    const prose = written.paragraphs.concat(written.subject, written.button ?? '', written.footnotes ?? []).join(' ');
    expect(mail.text.replace(/\s+/g, ' ')).toContain(written.paragraphs[1]?.replace(/\s+/g, ' '));
    const own = Object.values(facts).reduce((rest, fact) => rest.replaceAll(fact, '…'), prose);
    for (const [other, mark] of Object.entries(marks)) {
      if (other === language) expect(own).toMatch(mark);
      else expect(own).not.toMatch(mark);
    }
    expect(mail.subject + mail.text).not.toMatch(/undefined|null|NaN|\[object|\$\{|\(\)/);
  });
});
