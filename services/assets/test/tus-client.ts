import { request } from 'node:http';
import type { TokenRequest } from '@gaia/testing/issuer';
import { vi } from 'vitest';
import { type AssetsService, AUTHOR } from './assets-service.ts';

export const SITE = 'site-a.localhost';
export const VERSION = { 'tus-resumable': '1.0.0' };
export const BYTES = { 'content-type': 'application/offset+octet-stream' };

export const metadataOf = (said: Readonly<Record<string, string>>) =>
  Object.entries(said)
    .map(([name, value]) => `${name} ${Buffer.from(value).toString('base64')}`)
    .join(',');

/** Requests of tus to a service, within the process. */
export function tusClient({ app, issuer }: Pick<AssetsService, 'app' | 'issuer'>, as: TokenRequest = AUTHOR) {
  const send = (
    method: 'POST' | 'PATCH' | 'HEAD' | 'DELETE',
    url: string,
    headers: Record<string, string> = {},
    payload?: Buffer,
  ) =>
    app.inject({
      method,
      url,
      headers: { ...issuer.headersFor(as), ...VERSION, ...headers },
      ...(payload && { payload }),
    });

  return {
    send,
    create: (
      length: number,
      said: Readonly<Record<string, string>> = {},
      more: Record<string, string> = {},
      body?: Buffer,
    ) =>
      send(
        'POST',
        `/assets/sites/${SITE}/uploads`,
        {
          'upload-length': String(length),
          ...(Object.keys(said).length > 0 && { 'upload-metadata': metadataOf(said) }),
          ...more,
        },
        body,
      ),
    append: (url: string, offset: number, body: Buffer) =>
      send('PATCH', url, { ...BYTES, 'upload-offset': String(offset) }, body),
    offset: async (url: string) => Number((await send('HEAD', url)).headers['upload-offset']),
  };
}

export interface CutUpload {
  /** Of the service, or of what stands in front of it. */
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly offset: number;
  readonly content: Buffer;
  /** Bytes after which the connection ends. */
  readonly cutAfter: number;
}

/** Sends bytes over a connection that ends in the middle of it. */
export async function appendAndCut({ origin, path, headers, offset, content, cutAfter }: CutUpload): Promise<void> {
  const outgoing = request(`${origin}${path}`, {
    method: 'PATCH',
    headers: {
      ...VERSION,
      ...BYTES,
      ...headers,
      'upload-offset': String(offset),
      'content-length': content.length - offset,
    },
  });
  const ended = new Promise<void>((resolve) => {
    outgoing.once('close', resolve);
    outgoing.on('error', () => undefined);
  });
  await new Promise<void>(
    (resolve) => void outgoing.write(content.subarray(offset, offset + cutAfter), () => resolve()),
  );
  outgoing.destroy();
  await ended;
}

/** Asks how much has come until it is more than before: what a cut connection brought is being stored. */
export async function offsetBeyond(before: number, ask: () => Promise<number>): Promise<number> {
  let offset = before;
  await vi.waitFor(async () => {
    offset = await ask();
    if (!(offset > before)) throw new Error(`still at ${offset}`);
  }, 10_000);
  return offset;
}
