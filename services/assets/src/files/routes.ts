import { bearer, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { requireScope, requireSite } from '@gaia/token-guard/requirements';
import { Type } from 'typebox';
import { problem } from '../errors.ts';
import type { FileStore } from '../storage/file-store.ts';
import { mayDelete, mayRead } from './access.ts';
import type { Files } from './files.ts';
import { findFile } from './find-file.ts';
import { readListCursor, writeListCursor } from './list-cursor.ts';
import { FileAnswer, FileParams, fileAnswer, ListAnswer, ListQuery, SiteParams } from './schemas.ts';

export interface FilesDependencies {
  readonly files: Files;
  readonly store: FileStore;
}

/** Lists, describes and deletes files. To be registered under a guard. */
export function registerFiles(app: Service, { files, store }: FilesDependencies): void {
  app.get(
    '/assets/sites/:site/files',
    {
      onRequest: [requireSite(), requireScope('assets:read')],
      schema: {
        summary: "List a site's files, newest first",
        tags: ['files'],
        ...bearer,
        params: SiteParams,
        querystring: ListQuery,
        response: {
          200: ListAnswer,
          ...problems({
            400: ['validation_failed', 'invalid_cursor'],
            401: tokenRefusals,
            403: ['insufficient_scope', 'forbidden'],
          }),
        },
      },
    },
    async (request) => {
      const { limit, cursor } = request.query;
      const after = cursor === undefined ? undefined : readListCursor(cursor);
      if (cursor !== undefined && after === undefined) throw problem('invalid_cursor');
      const found = await files.list(request.params.site, after, limit + 1);
      const items = found.slice(0, limit);
      const last = items.at(-1);
      return {
        items: items.map(fileAnswer),
        next_cursor: found.length > limit && last !== undefined ? writeListCursor(last) : null,
      };
    },
  );

  app.get(
    '/assets/:id/metadata',
    {
      schema: {
        summary: 'What is known of a file',
        tags: ['files'],
        ...bearer,
        params: FileParams,
        response: {
          200: FileAnswer,
          ...problems({ 401: tokenRefusals, 403: ['insufficient_scope'], 404: ['file_not_found'] }),
        },
      },
    },
    async (request) => {
      return fileAnswer(await findFile(files, request.params.id, identityOf(request), mayRead, 'assets:read'));
    },
  );

  app.delete(
    '/assets/:id',
    {
      schema: {
        summary: "Delete a file: one's own upload, or any for those who may edit others' content",
        tags: ['files'],
        ...bearer,
        params: FileParams,
        response: {
          204: Type.Null(),
          ...problems({ 401: tokenRefusals, 403: ['insufficient_scope', 'forbidden'], 404: ['file_not_found'] }),
        },
      },
    },
    async (request, reply) => {
      const { id } = await findFile(files, request.params.id, identityOf(request), mayDelete, 'assets:write');
      if (!(await files.remove(id))) throw problem('file_not_found');
      // Should this fail, the bytes are known as unclaimed and go later.
      await store.remove(id).then(
        () => files.forgetBytes(id),
        (error: unknown) => request.log.warn({ err: error, id }, 'the bytes of a deleted file stay for now'),
      );
      return reply.code(204).send(null);
    },
  );
}
