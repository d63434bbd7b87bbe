import { entityTag, isNotModified } from '@gaia/http-service/conditional-requests';
import { bearerOrNone, noBody, problems, SiteParams, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { requireSiteOfToken } from '../access.ts';
import type { CmsDatabase } from '../database.ts';
import type { Entries } from '../entries/entries.ts';
import { entryResponse } from '../entries/entry-response.ts';
import { EntryListResponse, EntryParams, EntryResponse } from '../entries/schemas.ts';
import type { TypeCache } from '../types/type-cache.ts';
import { listEntries } from './list-entries.ts';
import { ListQuery, readListQuery } from './query.ts';

const tags = ['entries'];
/** What is answered depends on who asks, and must be asked again before it is used again. */
const caching = { 'cache-control': 'private, no-cache' };

export interface ReadingDependencies {
  readonly database: CmsDatabase;
  readonly types: TypeCache;
  readonly entries: Pick<Entries, 'get'>;
}

/** Reading of entries. To be registered under a guard that lets anonymous callers in. */
export function registerReading(app: Service, { database, types, entries }: ReadingDependencies): void {
  app.get(
    '/cms/sites/:site/entries',
    {
      onRequest: [requireSiteOfToken],
      schema: {
        summary: 'Entries that the caller may read',
        description:
          'Filters are `filter[<field>][<operator>]=`, operators eq, ne, lt, lte, gt, gte, in (comma-separated or ' +
          'repeated), contains (part of a text, item of a list). Without a token: published public entries.',
        tags,
        ...bearerOrNone,
        params: SiteParams,
        querystring: ListQuery,
        response: {
          200: EntryListResponse,
          ...problems({
            400: ['validation_failed', 'unknown_field', 'filter_invalid', 'sort_invalid', 'invalid_cursor'],
            401: tokenRefusals,
            403: ['forbidden', 'field_not_readable'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { site } = request.params;
      const list = await listEntries(database, types, request.identity, site, readListQuery(request.query));
      reply.headers(caching);
      return { items: list.items.map(entryResponse), next_cursor: list.nextCursor ?? null };
    },
  );

  app.get(
    '/cms/sites/:site/entries/:id',
    {
      onRequest: [requireSiteOfToken],
      schema: {
        summary: 'One entry',
        tags,
        ...bearerOrNone,
        params: EntryParams,
        response: {
          200: EntryResponse,
          304: noBody('Still the entry of the ETag in If-None-Match'),
          ...problems({
            400: ['validation_failed'],
            401: tokenRefusals,
            403: ['forbidden'],
            404: ['entry_not_found'],
            412: ['precondition_failed'],
          }),
        },
      },
    },
    async (request, reply) => {
      const entry = await entries.get(request.identity, request.params.site, request.params.id);
      const answer = entryResponse(entry);
      reply.headers(caching);
      if (isNotModified(request, reply, entityTag(answer, entry.version))) return reply.code(304).send();
      return answer;
    },
  );
}
