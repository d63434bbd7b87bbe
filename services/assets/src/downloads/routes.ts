import { MinSeq } from '@gaia/feed-follower/min-seq';
import { isNotModified, isRangeOfCurrent } from '@gaia/http-service/conditional-requests';
import { bearerOrNone, byteStream, noBody, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { problem } from '../errors.ts';
import { readableFile } from '../files/access.ts';
import type { Files } from '../files/files.ts';
import { FileParams } from '../files/schemas.ts';
import type { BytesLocation, StoredFile } from '../files/stored-file.ts';
import type { DownloadLinks } from '../links/download-links.ts';
import { StorageError } from '../storage/file-store.ts';
import type { Stores } from '../storage/stores.ts';
import { type ByteRange, byteRange } from './byte-range.ts';
import { bytesTag, deliveryHeaders } from './delivery.ts';
import { storeAddress } from './store-address.ts';

export interface DownloadsDependencies {
  readonly files: Pick<Files, 'find' | 'isReadable'>;
  readonly stores: Pick<Stores, 'of'>;
  readonly links: DownloadLinks;
  /** Whether a store that can gives the bytes by itself. */
  readonly redirects: boolean;
  /** Waits for a change of the caller's own. Throws index_behind. */
  readonly arrived: (minSeq: string | undefined) => Promise<void>;
}

const DownloadQuery = Type.Object(
  {
    token: Type.Optional(Type.String({ minLength: 1, maxLength: 8_192, description: 'Token of a download link' })),
    min_seq: MinSeq,
  },
  { additionalProperties: false },
);

/** `GET` and `HEAD /assets/:id`. To be registered under a guard that lets anonymous callers in. */
export function registerDownloads(
  app: Service,
  { files, stores, links, redirects, arrived }: DownloadsDependencies,
): void {
  /**
   * A download token decides alone: its bearer has nothing else, or means this and no more. What was closed to the one who
   * made it is closed to it.
   */
  async function authorized(request: FastifyRequest, id: string, token: string | undefined): Promise<StoredFile> {
    if (token === undefined) return readableFile(files, id, request.identity);
    const { fileId, site, maker } = await links.verify(token, id, request.method);
    const file = await files.find(fileId);
    if (file?.site !== site || !(await files.isReadable(maker, file))) throw problem('file_not_found');
    return file;
  }

  app.route({
    method: ['GET', 'HEAD'],
    url: '/assets/:id',
    exposeHeadRoute: false,
    schema: {
      operationId: 'downloadFile',
      summary: 'Download a file',
      description: 'The bytes, or a part of them (`Range`, RFC 9110 §14.2). Public files need no token.',
      tags: ['files'],
      ...bearerOrNone,
      params: FileParams,
      querystring: DownloadQuery,
      response: {
        200: byteStream('The file'),
        206: byteStream('The part that `Range` asks for'),
        302: noBody('To an address of the store itself, where that is configured'),
        304: noBody('Still the bytes of the ETag in If-None-Match'),
        ...problems({
          400: ['validation_failed'],
          401: tokenRefusals,
          403: ['insufficient_scope', 'forbidden'],
          404: ['file_not_found'],
          412: ['precondition_failed'],
          416: ['range_not_satisfiable'],
          503: ['storage_unavailable', 'index_behind'],
        }),
      },
    },
    handler: async (request, reply) => {
      await arrived(request.query.min_seq);
      const file = await authorized(request, request.params.id, request.query.token);
      return deliver(file, { stores, redirects }, request, reply);
    },
  });
}

async function deliver(
  file: StoredFile,
  { stores, redirects }: Pick<DownloadsDependencies, 'stores' | 'redirects'>,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const headers = deliveryHeaders(file);
  const tag = bytesTag(file);
  // To everybody the same, so that a shared cache needs one copy and not one of each caller.
  if (file.visibility === 'public') reply.removeHeader('vary');
  // With all headers: the file may have another name by now, or be open to others (RFC 9111 §4.3.4).
  if (isNotModified(request, reply, tag)) return reply.code(304).headers(headers).send();
  const asked = isRangeOfCurrent(textOf(request.headers['if-range']), tag) ? request.headers.range : undefined;
  const part = byteRange(asked, file.size);
  if (part === 'unsatisfiable') {
    throw problem('range_not_satisfiable', { headers: { 'content-range': `bytes */${file.size}` } });
  }
  if (redirects) {
    const location = await storeAddress(stores.of(file.store), file);
    if (location !== undefined) return reply.header('cache-control', 'no-store').redirect(location, 302);
  }
  const sendsBytes = request.method === 'GET' && file.size > 0;
  // Opened before anything of the answer is said: a store that is away is a problem document of its own.
  const bytes = sendsBytes ? await opened(stores, file, part === 'whole' ? undefined : part) : undefined;
  reply.headers(headers).header('content-length', part === 'whole' ? file.size : part.end - part.start + 1);
  if (part !== 'whole') reply.code(206).header('content-range', `bytes ${part.start}-${part.end}/${file.size}`);
  return reply.send(bytes ?? (request.method === 'GET' ? Buffer.alloc(0) : undefined));
}

async function opened(stores: Pick<Stores, 'of'>, file: BytesLocation, part: ByteRange | undefined) {
  try {
    return await stores.of(file.store).open(file.bytesKey, part);
  } catch (error) {
    if (error instanceof StorageError) throw problem('storage_unavailable', { cause: error.cause });
    throw error;
  }
}

function textOf(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header.join(',') : header;
}
