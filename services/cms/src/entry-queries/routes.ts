import { entityTag, isNotModified } from '@gaia/http-service/conditional-requests';
import { bearerOrNone, noBody, problems, SiteParams, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { requireSiteOfToken } from '../access.ts';
import type { CmsDatabase } from '../database.ts';
import type { Entries } from '../entries/entry-service.ts';
import { EntryListResponse, EntryParams, EntryResponse } from '../entries/schemas.ts';
import { problem } from '../errors.ts';
import type { TypeCache } from '../types/type-cache.ts';
import { listEntries } from './list-entries.ts';
import { EntryQuery, ListQuery, readEntryQuery, readListQuery } from './query.ts';
import { createSelector } from './select-entries.ts';

const tags = ['entries'];
/** What is answered depends on who asks, and must be asked again before it is used again. */
const caching = { 'cache-control': 'private, no-cache' };

export interface ReadingDependencies {
  readonly database: CmsDatabase;
  readonly types: TypeCache;
  readonly entries: Pick<Entries, 'get' | 'getMany'>;
}

/** Reading of entries. To be registered under a guard that lets anonymous callers in. */
export function registerReading(app: Service, { database, types, entries }: ReadingDependencies): void {
  const select = createSelector({ database, types, entries });

  app.get(
    '/cms/sites/:site/entries',
    {
      onRequest: [requireSiteOfToken],
      schema: {
        operationId: 'listEntries',
        summary: 'List entries',
        description:
          'Filters are `filter[<field>][<operator>]=`, or `filter=` with JSON; operators eq, ne, lt, lte, gt, gte, in and nin ' +
          '(repeated, or comma-separated with `\\,` for a comma), contains (part of a text without regard to case and ' +
          'accents, item of a list), starts_with, empty (true or false). Fields are paths: `place.city`, ' +
          '`category.name` (of an entry that the caller may read). Without a token: published public entries.',
        tags,
        ...bearerOrNone,
        params: SiteParams,
        querystring: ListQuery,
        response: {
          200: EntryListResponse,
          ...problems({
            400: [
              'validation_failed',
              'unknown_field',
              'filter_invalid',
              'sort_invalid',
              'invalid_cursor',
              'expansion_too_large',
            ],
            401: tokenRefusals,
            403: ['forbidden', 'field_not_readable'],
            503: ['busy', 'query_too_expensive'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { site } = request.params;
      const { list: query, selection, total } = readListQuery(request.query);
      const list = await listEntries(database, types, request.identity, site, query);
      const [items, count] = await Promise.all([
        select(request.identity, site, list.items, selection, query.type),
        total ? list.total() : undefined,
      ]);
      reply.headers(caching);
      return { items, next_cursor: list.nextCursor ?? null, ...(total && { total: count ?? null }) };
    },
  );

  app.get(
    '/cms/sites/:site/entries/:id',
    {
      onRequest: [requireSiteOfToken],
      schema: {
        operationId: 'getEntry',
        summary: 'Get an entry',
        description: 'The variant that the caller may see: the draft for who may edit it, else the published one.',
        tags,
        ...bearerOrNone,
        params: EntryParams,
        querystring: EntryQuery,
        response: {
          200: EntryResponse,
          304: noBody('Still the entry of the ETag in If-None-Match'),
          ...problems({
            400: ['validation_failed', 'unknown_field', 'expansion_too_large'],
            401: tokenRefusals,
            403: ['forbidden', 'field_not_readable'],
            404: ['entry_not_found'],
            412: ['precondition_failed'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { site, id } = request.params;
      const entry = await entries.get(request.identity, site, id);
      const [answer] = await select(request.identity, site, [entry], readEntryQuery(request.query), entry.type.name);
      if (answer === undefined) throw problem('entry_not_found');
      reply.headers(caching);
      if (isNotModified(request, reply, entityTag(answer, entry.version))) return reply.code(304).send();
      return answer;
    },
  );
}
