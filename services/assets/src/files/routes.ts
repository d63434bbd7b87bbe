import { isNotModified } from '@gaia/http-service/conditional-requests';
import {
  bearer,
  bearerOrNone,
  noBody,
  pageSchema,
  problems,
  SiteParams,
  tokenRefusals,
} from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { insufficientScope } from '@gaia/token-guard/problems';
import { requireScope, requireSite } from '@gaia/token-guard/requirements';
import { Type } from 'typebox';
import { problem } from '../errors.ts';
import type { Stores } from '../storage/stores.ts';
import { changeableFile, readableFile } from './access.ts';
import { metadataTag } from './file-change.ts';
import type { Files } from './files.ts';
import { readListCursor, writeListCursor } from './list-cursor.ts';
import { removeBytes } from './remove-bytes.ts';
import {
  DeleteQuery,
  FileParams,
  FileResponse,
  fileResponse,
  ListQuery,
  ManyQuery,
  ManyResponse,
  MinSeqQuery,
} from './schemas.ts';

export interface FilesDependencies {
  readonly files: Files;
  readonly stores: Stores;
  /** Waits for a change of the caller's own. Throws index_behind. */
  readonly arrived: (minSeq: string | undefined) => Promise<void>;
}

/** Lists, describes and deletes files. To be registered under a guard. */
export function registerFiles(app: Service, { files, stores, arrived }: FilesDependencies): void {
  app.get(
    '/assets/sites/:site/files',
    {
      onRequest: [requireSite(), requireScope('assets:write')],
      schema: {
        operationId: 'listFiles',
        summary: 'List files',
        description: 'Of a site, those that the caller may read, newest first.',
        tags: ['files'],
        ...bearer,
        params: SiteParams,
        querystring: ListQuery,
        response: {
          200: pageSchema(FileResponse),
          ...problems({
            400: ['validation_failed', 'invalid_cursor'],
            401: tokenRefusals,
            403: ['insufficient_scope', 'forbidden'],
            503: ['index_behind'],
          }),
        },
      },
    },
    async (request) => {
      const { limit, cursor, min_seq: minSeq } = request.query;
      const after = readListCursor(cursor);
      await arrived(minSeq);
      const found = await files.list(identityOf(request), request.params.site, after, limit + 1);
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return {
        items: items.map(fileResponse),
        next_cursor: found.length > limit && last !== undefined ? writeListCursor(last) : null,
      };
    },
  );

  app.get(
    '/assets/:id/metadata',
    {
      schema: {
        operationId: 'getFileMetadata',
        summary: 'Get the metadata of a file',
        description: 'Name, media type, size, digest and who may read it.',
        tags: ['files'],
        ...bearer,
        params: FileParams,
        querystring: MinSeqQuery,
        response: {
          200: FileResponse,
          304: noBody('Still what the ETag in If-None-Match stands for'),
          ...problems({
            401: tokenRefusals,
            403: ['insufficient_scope'],
            404: ['file_not_found'],
            412: ['precondition_failed'],
            503: ['index_behind'],
          }),
        },
      },
    },
    async (request, reply) => {
      await arrived(request.query.min_seq);
      const file = await readableFile(files, request.params.id, identityOf(request));
      reply.header('cache-control', 'private, no-cache');
      if (isNotModified(request, reply, metadataTag(file))) return reply.code(304).send();
      return fileResponse(file);
    },
  );

  app.delete(
    '/assets/:id',
    {
      schema: {
        operationId: 'deleteFile',
        summary: 'Delete a file',
        description: 'One’s own upload, or any for those who may edit others’ content.',
        tags: ['files'],
        ...bearer,
        params: FileParams,
        querystring: DeleteQuery,
        response: {
          204: Type.Null(),
          ...problems({
            401: tokenRefusals,
            403: ['insufficient_scope', 'forbidden'],
            404: ['file_not_found'],
            409: ['asset_in_use'],
            503: ['index_behind'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { force, min_seq: minSeq } = request.query;
      const caller = identityOf(request);
      const file = await changeableFile(files, request.params.id, caller);
      if (force && !caller.scopes.includes('content:edit')) throw insufficientScope(['content:edit']);
      await arrived(minSeq);
      if (!force) await refuseInUse(files, file);
      const removed = await files.remove(file.id);
      if (removed === undefined) throw problem('file_not_found');
      await removeBytes({ files, stores, log: request.log }, removed);
      return reply.code(204).send(null);
    },
  );
}

async function refuseInUse(files: Files, file: { id: string; site: string }): Promise<void> {
  const { total } = await files.usage(file, 1);
  if (total === 0) return;
  throw problem('asset_in_use', { detail: `${total === 1 ? 'One entry mentions' : `${total} entries mention`} it.` });
}

/** `GET /assets/sites/:site/metadata`. To be registered under a guard that lets anonymous callers in. */
export function registerManyFiles(app: Service, { files, arrived }: Omit<FilesDependencies, 'stores'>): void {
  app.get(
    '/assets/sites/:site/metadata',
    {
      schema: {
        operationId: 'getFilesMetadata',
        summary: 'Get the metadata of several files',
        description: 'In one request; files that the caller may not read are left out.',
        tags: ['files'],
        ...bearerOrNone,
        params: SiteParams,
        querystring: ManyQuery,
        response: {
          200: ManyResponse,
          ...problems({ 400: ['validation_failed'], 401: tokenRefusals, 503: ['index_behind'] }),
        },
      },
    },
    async (request) => {
      const { ids, min_seq: minSeq } = request.query;
      await arrived(minSeq);
      const found = await files.readableOf(request.identity, request.params.site, ids.split(','));
      return { items: found.map(fileResponse) };
    },
  );
}
