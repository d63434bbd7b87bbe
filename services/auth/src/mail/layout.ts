import type { Language } from '@gaia/i18n/language';
import type { MailText } from './languages/mail-texts.ts';

export interface LaidOutMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const WIDTH = 76;

/**
 * A mail as text and as HTML, which say the same. Names come from people: all of it is escaped, and no remote picture,
 * script or style is part of it.
 */
export function layOut(
  mail: MailText,
  options: { site: string; link: string | undefined; language: Language },
): LaidOutMail {
  const { site, link, language } = options;
  const { subject, paragraphs, button, footnotes = [] } = mail;
  const text = [
    ...paragraphs.map(wrapped),
    ...(link !== undefined && button !== undefined ? [`${button}\n${link}`] : []),
    ...footnotes.map(wrapped),
    `-- \n${oneLine(site)}`,
  ].join('\n\n');
  const html = `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escapeHtml(oneLine(subject))}</title></head>
<body style="margin:0;padding:24px;background:#f4f4f5;font:16px/1.5 system-ui,sans-serif;color:#18181b">
<div style="max-width:34em;margin:0 auto;padding:24px;background:#fff;border-radius:8px">
<p style="margin:0 0 16px;font-weight:600">${escapeHtml(site)}</p>
${paragraphs.map((paragraph) => `<p style="margin:0 0 16px">${escapeHtml(paragraph)}</p>`).join('\n')}
${link === undefined || button === undefined ? '' : linkHtml(button, link)}
${footnotes.map((note) => `<p style="margin:0 0 8px;font-size:13px;color:#52525b">${escapeHtml(note)}</p>`).join('\n')}
</div>
</body>
</html>
`;
  return { subject: oneLine(subject), text: `${text}\n`, html };
}

function linkHtml(button: string, link: string): string {
  const href = escapeHtml(link);
  return `<p style="margin:0 0 16px"><a href="${href}" style="display:inline-block;padding:10px 18px;background:#1d4ed8;color:#fff;border-radius:6px;text-decoration:none">${escapeHtml(button)}</a></p>
<p style="margin:0 0 16px;font-size:13px;word-break:break-all;color:#52525b">${href}</p>`;
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** A line break in a subject would begin another header (CWE-93). */
function oneLine(text: string): string {
  return text.replace(/\p{Cc}+/gu, ' ').slice(0, 250);
}

function wrapped(paragraph: string): string {
  const lines: string[] = [];
  let line = '';
  for (const word of paragraph.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line].join('\n');
}
