import { isTexts, MAX_CURSOR_LENGTH, readCursor, writeCursor } from '@gaia/http-service/cursor';
import { bearerOrNone, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { Type } from 'typebox';
import { requireSiteOfToken } from '../access.ts';
import { problem } from '../errors.ts';
import { isUuid } from '../values/uuid.ts';
import type { Entries } from './entry-service.ts';
import { EntryParams, ReferrerList } from './schemas.ts';

const Query = Type.Object(
  {
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 100, default: 20 })),
    cursor: Type.Optional(
      Type.String({ maxLength: MAX_CURSOR_LENGTH, description: '`next_cursor` of the page before' }),
    ),
  },
  { additionalProperties: false },
);

/** Where an entry is used. To be registered under a guard that lets anonymous callers in. */
export function registerReferrers(app: Service, entries: Pick<Entries, 'referrers'>): void {
  app.get(
    '/cms/sites/:site/entries/:id/references',
    {
      onRequest: [requireSiteOfToken],
      schema: {
        operationId: 'listReferences',
        summary: 'List the entries that refer to an entry',
        description:
          'Of all types, as far as the caller may read them and the fields that refer. A page can hold fewer than `limit`.',
        tags: ['entries'],
        ...bearerOrNone,
        params: EntryParams,
        querystring: Query,
        response: {
          200: ReferrerList,
          ...problems({
            400: ['validation_failed', 'invalid_cursor'],
            401: tokenRefusals,
            403: ['forbidden'],
            404: ['entry_not_found'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { site, id } = request.params;
      const { cursor, limit = 20 } = request.query;
      const after = readCursor(cursor, isTexts(1))?.[0];
      if (after !== undefined && !isUuid(after)) throw problem('invalid_cursor');
      const { referrers, last } = await entries.referrers(request.identity, site, id, { after, limit });
      reply.header('cache-control', 'private, no-cache');
      return { items: referrers, next_cursor: last === undefined ? null : writeCursor([last]) };
    },
  );
}
