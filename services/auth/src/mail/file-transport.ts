import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createTransport } from 'nodemailer';
import { messageOf } from './smtp-transport.ts';
import { MailNotSent, type MailTransport } from './transport.ts';

/** Writes `<time>-<id>.eml` into a directory that only this service's user can read: the mails hold living links. */
export function createFileTransport({ directory, now }: { directory: string; now(): number }): MailTransport {
  const composer = createTransport({ streamTransport: true, buffer: true, newline: 'unix' });
  return {
    send: async (mail) => {
      try {
        const { message } = await composer.sendMail(messageOf(mail));
        await mkdir(directory, { recursive: true, mode: 0o700 });
        const time = new Date(now()).toISOString().replaceAll(/[:.]/g, '-');
        const file = join(directory, `${time}-${mail.id}.eml`);
        await writeFile(`${file}.part`, message as Buffer, { mode: 0o600 });
        await rename(`${file}.part`, file);
      } catch (error) {
        const { code } = error as { code?: unknown };
        throw new MailNotSent(typeof code === 'string' ? code : 'failed', { permanent: false });
      }
    },
    close: () => composer.close(),
  };
}
