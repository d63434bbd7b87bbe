import type { FastifyRequest } from 'fastify';
import { problem } from '../errors.ts';
import { readableFile } from '../files/access.ts';
import type { Files } from '../files/files.ts';
import type { StoredFile } from '../files/stored-file.ts';
import type { DownloadLinks } from '../links/download-links.ts';
import type { Caching } from './delivery.ts';

export interface RequestedFileDependencies {
  readonly files: Pick<Files, 'find' | 'isReadable'>;
  readonly links: Pick<DownloadLinks, 'verify'>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

export interface RequestedFile {
  readonly file: StoredFile;
  readonly caching: Caching;
}

/**
 * The file that a request asks for, if it may be read. A download token decides alone: its bearer has nothing else, or means
 * this and no more. What was closed to the one who made it is closed to it. Throws the problems of both.
 */
export async function requestedFile(
  { files, links, now }: RequestedFileDependencies,
  request: FastifyRequest,
  id: string,
  token: string | undefined,
): Promise<RequestedFile> {
  if (token === undefined) {
    const file = await readableFile(files, id, request.identity);
    const isPublic = file.visibility === 'public';
    return { file, caching: isPublic ? { kind: 'public', immutable: false } : { kind: 'private' } };
  }
  const { fileId, site, maker, expiresAt } = await links.verify(token, id, request.method);
  const file = await files.find(fileId);
  if (file?.site !== site || !(await files.isReadable(maker, file))) throw problem('file_not_found');
  return { file, caching: { kind: 'link', seconds: Math.max(0, Math.floor((expiresAt - now()) / 1_000)) } };
}
