import { bearer, pageSchema, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { requireScope } from '@gaia/token-guard/requirements';
import { Type } from 'typebox';
import { problem } from '../errors.ts';
import type { Files } from './files.ts';
import { readListCursor, writeListCursor } from './list-cursor.ts';
import { FileResponse, fileResponse } from './schemas.ts';

const PAGE = 500;

const CursorQuery = Type.Object(
  { cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 200 })) },
  { additionalProperties: false },
);

/** `GET /assets/me/files`, what auth asks for an export. To be registered under a guard. */
export function registerOwnFiles(app: Service, files: Pick<Files, 'ofUploader'>): void {
  app.get(
    '/assets/me/files',
    {
      onRequest: [requireScope('account:export')],
      schema: {
        operationId: 'listUploadsOfUser',
        summary: 'List what the user has uploaded, on every site',
        description: 'For the service auth, which makes a user’s export of it.',
        tags: ['users'],
        ...bearer,
        querystring: CursorQuery,
        response: {
          200: pageSchema(FileResponse),
          ...problems({
            400: ['validation_failed', 'invalid_cursor'],
            401: tokenRefusals,
            403: ['insufficient_scope', 'forbidden'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { subject, actor } = identityOf(request);
      // An export is the user's own doing: a token that acts for the user gets none.
      if (actor !== undefined) throw problem('forbidden');
      const { cursor } = request.query;
      const after = readListCursor(cursor);
      const found = await files.ofUploader(subject, after, PAGE + 1);
      const items = found.slice(0, PAGE);
      const last = items.at(-1);
      reply.header('cache-control', 'no-store');
      return {
        items: items.map(fileResponse),
        next_cursor: found.length > PAGE && last !== undefined ? writeListCursor(last) : null,
      };
    },
  );
}
