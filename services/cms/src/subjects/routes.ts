import { actorOf } from '@gaia/audit-log/actor';
import { isTexts, readCursor, writeCursor } from '@gaia/http-service/cursor';
import { bearer, noBody, pageSchema, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { requireScope } from '@gaia/token-guard/requirements';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import type { CmsDatabase } from '../database.ts';
import type { Entitlements } from '../entitlements/entitlements.ts';
import { entryResponse } from '../entries/entry-response.ts';
import { EntryResponse } from '../entries/schemas.ts';
import { problem } from '../errors.ts';
import type { TypeCache } from '../types/type-cache.ts';
import { isUuid } from '../values/uuid.ts';
import { authoredEntries } from './authored-entries.ts';

export interface SubjectsDependencies {
  readonly database: CmsDatabase;
  readonly types: TypeCache;
  readonly entitlements: Pick<Entitlements, 'erase' | 'ofSubject'>;
}

const tags = ['users'];
const exporting = { onRequest: [requireScope('account:export')] };
const PAGE_ENTITLEMENTS = 500;

const CursorQuery = Type.Object(
  { cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 2_000 })) },
  { additionalProperties: false },
);
const AuthoredEntryResponse = Type.Object(
  {
    ...EntryResponse.properties,
    withheld: Type.Array(Type.String(), { description: 'Fields that only some roles may read, which are left out' }),
  },
  { title: 'AuthoredEntry' },
);
const HeldResponse = Type.Object({
  site: Type.String(),
  product: Type.String(),
  since: Type.String({ description: 'Time of the last change' }),
});
const refusals = problems({
  400: ['validation_failed', 'invalid_cursor'],
  401: tokenRefusals,
  403: ['insufficient_scope', 'forbidden'],
});

/** What auth asks about one user, across all sites: for an export, and for erasing. To be registered under a guard. */
export function registerSubjects(app: Service, { database, types, entitlements }: SubjectsDependencies): void {
  app.get(
    '/cms/me/entries',
    {
      ...exporting,
      schema: {
        operationId: 'listEntriesOfUser',
        summary: 'List what the user has written, on every site',
        description: 'For the service auth, which makes a user’s export of it.',
        tags,
        ...bearer,
        querystring: CursorQuery,
        response: { 200: pageSchema(AuthoredEntryResponse), ...refusals },
      },
    },
    async (request, reply) => {
      const [site, createdAt, id] = readCursor(request.query.cursor, isTexts(3)) ?? [];
      const isPlace = site !== undefined && createdAt !== undefined && id !== undefined;
      if (isPlace && !(/^\d{1,15}$/.test(createdAt) && isUuid(id))) throw problem('invalid_cursor');
      const after = isPlace ? { site, createdAt: Number(createdAt), id } : undefined;
      const { entries, next } = await authoredEntries(database, types, subjectOf(request), after);
      reply.header('cache-control', 'no-store');
      return {
        items: entries.map(({ view, withheld }) => ({ ...entryResponse(view), withheld: [...withheld] })),
        next_cursor: next === undefined ? null : writeCursor([next.site, String(next.createdAt), next.id]),
      };
    },
  );

  app.get(
    '/cms/me/entitlements',
    {
      ...exporting,
      schema: {
        operationId: 'listEntitlementsOfUser',
        summary: 'List the products that the user holds, on every site',
        description: 'For the service auth, which makes a user’s export of it.',
        tags,
        ...bearer,
        querystring: CursorQuery,
        response: { 200: pageSchema(HeldResponse), ...refusals },
      },
    },
    async (request, reply) => {
      const [site, product] = readCursor(request.query.cursor, isTexts(2)) ?? [];
      const after = site === undefined || product === undefined ? undefined : { site, product };
      const found = await entitlements.ofSubject(subjectOf(request), after, PAGE_ENTITLEMENTS + 1);
      const items = found.slice(0, PAGE_ENTITLEMENTS);
      const last = items.at(-1);
      reply.header('cache-control', 'no-store');
      return {
        items: items.map((held) => ({
          site: held.site,
          product: held.product,
          since: new Date(held.changedAt).toISOString(),
        })),
        next_cursor: found.length > PAGE_ENTITLEMENTS && last ? writeCursor([last.site, last.product]) : null,
      };
    },
  );

  app.delete(
    '/cms/subjects/:subject',
    {
      onRequest: [requireScope('subjects:erase')],
      schema: {
        operationId: 'eraseSubject',
        summary: 'Erase what is kept of a deleted user',
        description: 'Entitlements are withdrawn. What the user has written stays, with the id as its author.',
        tags,
        ...bearer,
        params: Type.Object({ subject: Type.String({ minLength: 1, maxLength: 255 }) }),
        response: {
          204: noBody('Erased; also where there was nothing (any more)'),
          ...problems({ 400: ['validation_failed'], 401: tokenRefusals, 403: ['insufficient_scope'] }),
        },
      },
    },
    async (request, reply) => {
      await entitlements.erase(actorOf(request), request.params.subject);
      return reply.code(204).send();
    },
  );
}

/** An export is the user's own doing: a token that acts for the user gets none. 403 forbidden. */
function subjectOf(request: FastifyRequest): string {
  const { subject, actor } = identityOf(request);
  if (actor !== undefined) throw problem('forbidden');
  return subject;
}
