import { createTransport } from 'nodemailer';
import type { Mail } from './mail-job.ts';
import { MailNotSent, type MailTransport } from './transport.ts';

/** Longest silence of the server, in milliseconds; together far below the time for which a worker holds a mail. */
const TIMEOUTS = { connectionTimeout: 10_000, greetingTimeout: 10_000, socketTimeout: 20_000, dnsTimeout: 10_000 };

/** Sends by SMTP (RFC 5321). TLS by `smtps:`, or STARTTLS where the server offers it; `requireTLS=true` insists on it. */
export function createSmtpTransport(url: string): MailTransport {
  const transporter = createTransport({
    ...TIMEOUTS,
    url,
    pool: true,
    maxConnections: 2,
    // What a template or a name holds must never make the server read files or call other hosts.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: async (mail) => {
      try {
        await transporter.sendMail(messageOf(mail));
      } catch (error) {
        throw notSent(error);
      }
    },
    close: () => transporter.close(),
  };
}

/** The message as the library takes it. Addresses are given as objects, so that none is taken apart at commas or quotes. */
export function messageOf({ id, language, from, to, subject, text, html }: Mail) {
  const domain = from.address.slice(from.address.lastIndexOf('@') + 1);
  return {
    messageId: `<${id}@${domain}>`,
    from,
    to: { name: '', address: to },
    subject,
    text,
    html,
    // Links stay readable in the files of the file transport, in every language.
    textEncoding: 'quoted-printable' as const,
    headers: {
      // RFC 3282 §2.
      'content-language': language,
      // RFC 3834 §5: no automatic response to it.
      'auto-submitted': 'auto-generated',
      'x-auto-response-suppress': 'All',
    },
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** RFC 5321 §4.2.1: 5yz is for good. A refused login is the operator's mistake and can be mended. */
function notSent(error: unknown): MailNotSent {
  const { code, responseCode } = error as { code?: unknown; responseCode?: unknown };
  const status = typeof responseCode === 'number' ? responseCode : undefined;
  const permanent = status !== undefined && status >= 500 && code !== 'EAUTH';
  const words = [typeof code === 'string' ? code : 'failed', status].filter((word) => word !== undefined);
  return new MailNotSent(words.join(' '), { permanent });
}
