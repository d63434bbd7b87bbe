import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, vi } from 'vitest';
import type { AuthUnderTest } from './auth-under-test.ts';

/** A mail as a mail program would show it. */
export interface ReceivedMail {
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly subject: string;
  /** Its Content-Language. */
  readonly language: string;
  readonly text: string;
  readonly html: string;
  /** The link in the text, where there is one. */
  readonly link: URL | undefined;
  /** The token in the link. */
  readonly token: string;
}

/** All mails that the service has written, oldest first. */
export async function mailsOf(auth: Pick<AuthUnderTest, 'mailDirectory'>): Promise<readonly ReceivedMail[]> {
  const files = (await readdir(auth.mailDirectory)).filter((file) => file.endsWith('.eml')).sort();
  return Promise.all(files.map(async (file) => readMail(file, await readFile(join(auth.mailDirectory, file), 'utf8'))));
}

/** Waits until there are so many mails to an address; gives them, oldest first. */
export function mailsTo(auth: Pick<AuthUnderTest, 'mailDirectory'>, to: string, count = 1) {
  return vi.waitFor(
    async () => {
      const mails = (await mailsOf(auth)).filter((mail) => mail.to === to);
      expect(mails.length).toBeGreaterThanOrEqual(count);
      return mails;
    },
    { timeout: 10_000, interval: 20 },
  );
}

/** The newest mail to an address whose subject has these words; waits for it. */
export function mailTo(auth: Pick<AuthUnderTest, 'mailDirectory'>, to: string, subject: RegExp): Promise<ReceivedMail> {
  return vi.waitFor(
    async () => {
      const mail = (await mailsOf(auth)).findLast((one) => one.to === to && subject.test(one.subject));
      if (mail === undefined) throw new Error(`no mail to ${to} about ${subject}`);
      return mail;
    },
    { timeout: 10_000, interval: 20 },
  );
}

function readMail(file: string, source: string): ReceivedMail {
  const header = (name: string) => {
    const line = new RegExp(`^${name}: ((?:.*)(?:\\r?\\n[ \\t].*)*)`, 'im').exec(source)?.[1] ?? '';
    return decodedWords(line.replace(/\r?\n[ \t]+/g, ' '));
  };
  const text = part(source, 'text/plain');
  const link = /https?:\/\/\S+\?token=\S+/.exec(text)?.[0];
  const url = link === undefined ? undefined : new URL(link);
  return {
    file,
    from: header('From'),
    to: header('To'),
    subject: header('Subject'),
    language: header('Content-Language'),
    text,
    html: part(source, 'text/html'),
    link: url,
    token: url?.searchParams.get('token') ?? '',
  };
}

function part(source: string, type: string): string {
  const found = new RegExp(`Content-Type: ${type}[^]*?\\n\\n([^]*?)\\n--`, 'i').exec(source.replaceAll('\r\n', '\n'));
  const encoding = /Content-Transfer-Encoding: (\S+)/i.exec(found?.[0] ?? '')?.[1]?.toLowerCase();
  const body = found?.[1] ?? '';
  if (encoding === 'base64') return Buffer.from(body, 'base64').toString('utf8');
  if (encoding === 'quoted-printable') return quotedPrintable(body);
  return body;
}

function quotedPrintable(body: string): string {
  const bytes = body
    .replace(/=\n/g, '')
    .replace(/=([0-9A-F]{2})/g, (_all, hex) => String.fromCharCode(Number.parseInt(hex, 16)));
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

function decodedWords(line: string): string {
  // RFC 2047 §6.2: white space counts, but between two encoded words.
  const joined = line.replace(/\?=\s+=\?/g, '?==?');
  return joined.replace(/=\?utf-8\?([bq])\?([^?]*)\?=/gi, (_all, kind: string, word: string) =>
    kind.toLowerCase() === 'b'
      ? Buffer.from(word, 'base64').toString('utf8')
      : quotedPrintable(word.replaceAll('_', ' ')),
  );
}
