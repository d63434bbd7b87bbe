import { actorOf } from '@gaia/audit-log/actor';
import { readIfMatch } from '@gaia/http-service/conditional-requests';
import {
  bearer,
  bodyRefusals,
  IfMatch,
  noBody,
  problems,
  SiteParams,
  siteRefusals,
} from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { requireScope, requireSite } from '@gaia/token-guard/requirements';
import type { FastifyRequest } from 'fastify';
import { type CallContext, callContextOf } from '../service-clients/call-context.ts';
import type { ReadableFiles } from '../service-clients/readable-files.ts';
import type { Author } from './author.ts';
import { entryTag, savedResponse } from './entry-response.ts';
import type { Entries } from './entry-service.ts';
import { EntryChange, EntryParams, NewEntry, PublishQuery, SavedEntryResponse, UnlinkQuery } from './schemas.ts';

const tags = ['entries'];
const writers = { onRequest: [requireSite(), requireScope('content:write')] };
const publishers = { onRequest: [requireSite(), requireScope('content:publish')] };
/** Header with the position of a deletion in the feed. */
const SEQ_HEADER = 'gaia-seq';

const changeRefusals = {
  400: bodyRefusals,
  ...siteRefusals,
  403: ['insufficient_scope', 'forbidden', 'field_not_writable'],
  404: ['entry_not_found'],
  409: ['value_not_unique', 'too_many_access_rules', 'references_unpublished'],
  412: ['version_conflict'],
  413: ['payload_too_large', 'entry_too_large'],
  422: ['file_not_readable'],
  503: ['busy', 'assets_unavailable'],
};

export interface EntryChangeDependencies {
  readonly entries: Entries;
  /** Which files of a site a caller may read. */
  readonly readableFiles: (site: string, context: CallContext) => ReadableFiles;
}

/** Changes of entries. To be registered under a guard. */
export function registerEntryChanges(app: Service, { entries, readableFiles }: EntryChangeDependencies): void {
  app.post(
    '/cms/sites/:site/entries',
    {
      ...writers,
      schema: {
        operationId: 'createEntry',
        summary: 'Create an entry',
        description: 'As a draft, or published at once with `publish`.',
        tags,
        ...bearer,
        params: SiteParams,
        body: NewEntry,
        response: {
          201: SavedEntryResponse,
          ...problems({
            400: bodyRefusals,
            ...siteRefusals,
            403: ['insufficient_scope', 'forbidden', 'field_not_writable'],
            409: ['value_not_unique', 'too_many_access_rules'],
            413: ['payload_too_large', 'entry_too_large'],
            422: ['file_not_readable'],
            503: ['busy', 'assets_unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { site } = request.params;
      const { type, ...input } = request.body;
      const saved = await entries.create(
        authorOf(request),
        site,
        type,
        input,
        readableFiles(site, callContextOf(request)),
      );
      const { entry } = saved;
      reply.code(201).headers({ location: `/cms/sites/${site}/entries/${entry.id}`, etag: entryTag(entry) });
      return savedResponse(saved);
    },
  );

  app.patch(
    '/cms/sites/:site/entries/:id',
    {
      ...writers,
      schema: {
        operationId: 'updateEntry',
        summary: 'Change the draft of an entry',
        description: 'With `If-Match`, a change made upon an older version is refused, naming the fields that differ.',
        tags,
        ...bearer,
        params: EntryParams,
        headers: IfMatch,
        body: EntryChange,
        response: { 200: SavedEntryResponse, ...problems(changeRefusals) },
      },
    },
    async (request, reply) => {
      const { site, id } = request.params;
      const expected = readIfMatch(request.headers['if-match']);
      const files = readableFiles(site, callContextOf(request));
      const saved = await entries.update(authorOf(request), site, id, request.body, expected, files);
      reply.header('etag', entryTag(saved.entry));
      return savedResponse(saved);
    },
  );

  app.post(
    '/cms/sites/:site/entries/:id/publish',
    {
      ...publishers,
      schema: {
        operationId: 'publishEntry',
        summary: 'Publish an entry',
        description:
          'Done again, it changes nothing. What is required must be there, and what it refers to must be published, or ' +
          'is published with it by `references=publish`.',
        tags,
        ...bearer,
        params: EntryParams,
        headers: IfMatch,
        querystring: PublishQuery,
        response: {
          200: SavedEntryResponse,
          ...problems({ ...changeRefusals, 409: [...changeRefusals[409], 'references_unpublished'] }),
        },
      },
    },
    async (request, reply) => {
      const { site, id } = request.params;
      const expected = readIfMatch(request.headers['if-match']);
      const saved = await entries.publish(authorOf(request), site, id, expected, request.query.references);
      reply.header('etag', entryTag(saved.entry));
      return savedResponse(saved);
    },
  );

  app.post(
    '/cms/sites/:site/entries/:id/unpublish',
    {
      ...publishers,
      schema: {
        operationId: 'unpublishEntry',
        summary: 'Unpublish an entry',
        description:
          'Done again, it changes nothing. Refused while published entries refer to it, unless `references=unlink` takes ' +
          'the references out of them.',
        tags,
        ...bearer,
        params: EntryParams,
        headers: IfMatch,
        querystring: UnlinkQuery,
        response: {
          200: SavedEntryResponse,
          ...problems({ ...changeRefusals, 409: [...changeRefusals[409], 'entry_in_use'] }),
        },
      },
    },
    async (request, reply) => {
      const { site, id } = request.params;
      const expected = readIfMatch(request.headers['if-match']);
      const saved = await entries.unpublish(authorOf(request), site, id, expected, request.query.references);
      reply.header('etag', entryTag(saved.entry));
      return savedResponse(saved);
    },
  );

  app.delete(
    '/cms/sites/:site/entries/:id',
    {
      ...writers,
      schema: {
        operationId: 'deleteEntry',
        summary: 'Delete an entry',
        description:
          'A published one needs `content:publish` too. Refused while entries refer to it (`referenced_by` names those that ' +
          'the caller may see), unless `references=unlink` takes the references out of them. Header `gaia-seq`: its ' +
          'position in the feed.',
        tags,
        ...bearer,
        params: EntryParams,
        headers: IfMatch,
        querystring: UnlinkQuery,
        response: {
          204: noBody('Deleted'),
          ...problems({
            400: ['validation_failed'],
            ...siteRefusals,
            403: ['insufficient_scope', 'forbidden', 'field_not_writable'],
            404: ['entry_not_found'],
            409: ['entry_in_use'],
            412: ['version_conflict'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { site, id } = request.params;
      const expected = readIfMatch(request.headers['if-match']);
      const seq = await entries.remove(authorOf(request), site, id, expected, request.query.references);
      return reply.code(204).header(SEQ_HEADER, seq).send();
    },
  );
}

function authorOf(request: FastifyRequest): Author {
  return { ...identityOf(request), by: actorOf(request) };
}
