import { actorOf } from '@gaia/audit-log/actor';
import { isTexts, readCursor, writeCursor } from '@gaia/http-service/cursor';
import { bearer, noBody, problems, SiteParams, siteRefusals, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { requireScope, requireSite } from '@gaia/token-guard/requirements';
import { Type } from 'typebox';
import { problem } from '../errors.ts';
import { PRODUCT_ID } from '../values/names.ts';
import type { Entitlement, Entitlements } from './entitlements.ts';

const tags = ['products'];
const managers = { onRequest: [requireSite(), requireScope('products:manage')] };

const User = Type.String({ minLength: 1, maxLength: 255, description: "The user's id, `sub` of the tokens" });
const HoldParams = Type.Object({ ...SiteParams.properties, user: User, product: Type.String({ pattern: PRODUCT_ID }) });
const hold = { user: Type.String(), product: Type.String() };
const HoldList = Type.Object({
  items: Type.Array(Type.Object({ ...hold, since: Type.String({ description: 'Time of the last change' }) })),
  next_cursor: Type.Union([Type.String(), Type.Null()]),
});
const ListQuery = Type.Object(
  {
    user: Type.Optional(User),
    product: Type.Optional(Type.String({ pattern: PRODUCT_ID })),
    limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 500, default: 100 })),
    cursor: Type.Optional(Type.String({ minLength: 1, maxLength: 2_000 })),
  },
  { additionalProperties: false },
);

/** `/cms/sites/:site/entitlements`. To be registered under a guard. */
export function registerEntitlements(app: Service, entitlements: Entitlements): void {
  app.get(
    '/cms/sites/:site/entitlements',
    {
      onRequest: [requireSite()],
      schema: {
        operationId: 'listEntitlements',
        summary: 'List entitlements',
        description: 'Users see their own; those of others need `products:manage`.',
        tags,
        ...bearer,
        params: SiteParams,
        querystring: ListQuery,
        response: {
          200: HoldList,
          ...problems({ 400: ['validation_failed', 'invalid_cursor'], 401: tokenRefusals, 403: ['forbidden'] }),
        },
      },
    },
    async (request, reply) => {
      const { subject, scopes } = identityOf(request);
      const { user, product, limit = 100, cursor } = request.query;
      const manages = scopes.includes('products:manage');
      if (!manages && user !== undefined && user !== subject) {
        throw problem('forbidden', { detail: 'Only your own entitlements are open to you.' });
      }
      const [afterUser, afterProduct] = readCursor(cursor, isTexts(2)) ?? [];
      const after =
        afterUser === undefined || afterProduct === undefined
          ? undefined
          : { subject: afterUser, product: afterProduct };
      const by = { user: manages ? user : subject, product };
      const found = await entitlements.list(request.params.site, by, after, limit + 1);
      const items = found.slice(0, limit);
      const last = items.at(-1);
      reply.header('cache-control', 'no-store');
      return {
        items: items.map(holdResponse),
        next_cursor: found.length > limit && last ? writeCursor([last.subject, last.product]) : null,
      };
    },
  );

  app.put(
    '/cms/sites/:site/entitlements/:user/:product',
    {
      ...managers,
      schema: {
        operationId: 'grantEntitlement',
        summary: 'Grant a product to a user',
        description:
          'Entries and files that require the product open for the user at once. Granting it again changes nothing.',
        tags,
        ...bearer,
        params: HoldParams,
        response: {
          200: Type.Object({
            ...hold,
            seq: Type.String({ description: 'Position of the change in the feed, for `GET /search?min_seq=`' }),
          }),
          ...problems({ 400: ['validation_failed'], ...siteRefusals, 404: ['product_not_found'] }),
        },
      },
    },
    async (request) => {
      const { site, user, product } = request.params;
      const seq = await entitlements.grant(actorOf(request), { site, subject: user, product });
      return { user, product, seq };
    },
  );

  app.delete(
    '/cms/sites/:site/entitlements/:user/:product',
    {
      ...managers,
      schema: {
        operationId: 'withdrawEntitlement',
        summary: 'Withdraw a product from a user',
        description: 'Header `gaia-seq`: its position in the feed.',
        tags,
        ...bearer,
        params: HoldParams,
        response: {
          204: noBody('Withdrawn'),
          ...problems({ 400: ['validation_failed'], ...siteRefusals, 404: ['product_not_found'] }),
        },
      },
    },
    async (request, reply) => {
      const { site, user, product } = request.params;
      const seq = await entitlements.withdraw(actorOf(request), { site, subject: user, product });
      return reply.code(204).header('gaia-seq', seq).send();
    },
  );
}

function holdResponse({ subject, product, changedAt }: Entitlement) {
  return { user: subject, product, since: new Date(changedAt).toISOString() };
}
