import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { vi } from 'vitest';

/** The token of a link in a mail that the suite has written, by the mail's recipient and the link's page. */
export async function mailedLink(dataDir: string, recipient: string, page: string): Promise<string> {
  const directory = join(dataDir, 'mail');
  return vi.waitFor(
    async () => {
      const names = (await readdir(directory)).filter((name) => name.endsWith('.eml'));
      for (const name of names.sort().reverse()) {
        const mail = unfolded(await readFile(join(directory, name), 'utf8'));
        const token = new RegExp(`${page}\\?token=([\\w.-]+)`).exec(mail)?.[1];
        if (token !== undefined && mail.includes(recipient)) return token;
      }
      throw new Error(`there is no mail to ${recipient} with a link to ${page}`);
    },
    { timeout: 10_000, interval: 50 },
  );
}

/** Quoted-printable (RFC 2045 §6.7) as text. */
function unfolded(mail: string): string {
  return mail
    .replaceAll(/=\r?\n/g, '')
    .replaceAll('=3D', '=')
    .replaceAll('=3F', '?');
}
