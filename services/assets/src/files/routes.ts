import { actorOf } from '@gaia/audit-log/actor';
import { isNotModified } from '@gaia/http-service/conditional-requests';
import {
  bearer,
  bearerOrNone,
  noBody,
  pageSchema,
  problems,
  SiteParams,
  siteRefusals,
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
import { folderPath } from './description.ts';
import { metadataTag } from './file-change.ts';
import type { Files } from './files.ts';
import { type FileLists, readFileCursor, writeFileCursor } from './list-files.ts';
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

const FoldersResponse = Type.Object({
  items: Type.Array(Type.Object({ folder: Type.String(), files: Type.Integer() })),
});

export interface FilesDependencies {
  readonly files: Files;
  readonly lists: FileLists;
  readonly stores: Stores;
  /** Waits for a change of the caller's own. Throws index_behind. */
  readonly arrived: (minSeq: string | undefined) => Promise<void>;
}

/** Lists, describes and deletes files. To be registered under a guard. */
export function registerFiles(app: Service, { files, lists, stores, arrived }: FilesDependencies): void {
  app.get(
    '/assets/sites/:site/files',
    {
      onRequest: [requireSite(), requireScope('assets:write')],
      schema: {
        operationId: 'listFiles',
        summary: 'List files',
        description:
          'Of a site, those that the caller may read, newest first unless `sort` says otherwise. A cursor is of one order.',
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
      const { limit, cursor, sort, min_seq: minSeq, media_type: mediaType, uploaded_by: uploadedBy } = request.query;
      const { q, folder, below, tag, visibility, sha256 } = request.query;
      const after = readFileCursor(sort, cursor);
      const filter = {
        q,
        folder: folder === undefined ? undefined : folderPath(folder),
        below: below === undefined ? undefined : folderPath(below),
        tag,
        mediaType,
        uploadedBy,
        visibility,
        sha256,
      };
      await arrived(minSeq);
      const { site } = request.params;
      const found = await lists.list(identityOf(request), { site, filter, sort, after, limit: limit + 1 });
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return {
        items: items.map(fileResponse),
        next_cursor: found.length > limit && last !== undefined ? writeFileCursor(sort, last) : null,
      };
    },
  );

  app.get(
    '/assets/sites/:site/folders',
    {
      onRequest: [requireSite(), requireScope('assets:write')],
      schema: {
        operationId: 'listFolders',
        summary: 'List folders of files',
        description:
          'Those of files that the caller may read, by name, at most 1,000. A folder is there as long as a file is in it.',
        tags: ['files'],
        ...bearer,
        params: SiteParams,
        response: { 200: FoldersResponse, ...problems(siteRefusals) },
      },
    },
    async (request) => ({ items: [...(await lists.folders(identityOf(request), request.params.site))] }),
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
      const removed = await files.remove(file.id, actorOf(request), {
        action: 'file.delete',
        details: { forced: force },
      });
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

/** `GET /assets/:id/metadata`. To be registered under a guard that lets anonymous callers in. */
export function registerMetadata(app: Service, { files, arrived }: Pick<FilesDependencies, 'files' | 'arrived'>): void {
  app.get(
    '/assets/:id/metadata',
    {
      schema: {
        operationId: 'getFileMetadata',
        summary: 'Get the metadata of a file',
        description: 'What is known and said of it, for all who may read it.',
        tags: ['files'],
        ...bearerOrNone,
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
      const file = await readableFile(files, request.params.id, request.identity);
      reply.header('cache-control', 'private, no-cache');
      if (isNotModified(request, reply, metadataTag(file))) return reply.code(304).send();
      return fileResponse(file);
    },
  );
}

export interface ManyFilesDependencies extends Pick<FilesDependencies, 'arrived'> {
  readonly files: Pick<Files, 'readableOf'>;
  /** Keys of the variants that are there as AVIF, by file. */
  readonly avifOf: (files: readonly string[]) => Promise<ReadonlyMap<string, ReadonlySet<string>>>;
}

/** `GET /assets/sites/:site/metadata`. To be registered under a guard that lets anonymous callers in. */
export function registerManyFiles(app: Service, { files, avifOf, arrived }: ManyFilesDependencies): void {
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
      const avif = await avifOf(found.filter(({ image }) => image !== undefined).map(({ id }) => id));
      return { items: found.map((file) => ({ ...fileResponse(file), ...avifMember(avif.get(file.id)) })) };
    },
  );
}

function avifMember(keys: ReadonlySet<string> | undefined) {
  return keys === undefined ? {} : { avif: [...keys].sort() };
}
