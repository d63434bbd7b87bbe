import { bearer, problems, siteRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import type { Caller } from '@gaia/policy/caller';
import { explain, type Reason } from '@gaia/policy/explain';
import { identityOf } from '@gaia/token-guard';
import { requireScope, requireSite } from '@gaia/token-guard/requirements';
import { siteRoles } from '@gaia/tokens/scopes';
import { Type } from 'typebox';
import type { CmsDatabase } from '../database.ts';
import { productsOf } from '../entitlements/entitlements.ts';
import type { Entries } from '../entries/entry-service.ts';
import { EntryParams } from '../entries/schemas.ts';

const AccessQuery = Type.Object(
  {
    as: Type.String({ minLength: 1, maxLength: 255, description: "`anonymous`, or a user's id (`sub`)" }),
    roles: Type.Optional(
      Type.String({
        pattern: '^[a-z][a-z0-9_-]{0,62}(,[a-z][a-z0-9_-]{0,62}){0,19}$',
        default: 'member',
        description: "The user's roles, comma-separated: only auth knows who has which",
      }),
    ),
  },
  { additionalProperties: false },
);

const texts: Readonly<Record<Reason, string>> = {
  other_site: 'The entry belongs to another site.',
  edits_all: 'Holders of content:edit see every entry of the site in its working copy.',
  is_author: 'The author sees the own entry in its working copy.',
  not_published: 'It is not published.',
  public: 'It is published, and open to everybody.',
  member: 'It is published, and open to members of the site.',
  has_role: 'It is published, and open to who has one of the roles.',
  holds_product: 'It is published, and open to who holds one of the products.',
  anonymous: 'It is not open to who shows no token.',
  not_permitted: 'The roles do not give content:read.',
  only_author: 'It is open to its author only.',
  no_role: 'None of the roles to which it is open.',
  no_product: 'None of the products to whose holders it is open.',
};

const AccessResponse = Type.Object({
  visible: Type.Boolean(),
  copy: Type.Union([Type.Literal('working'), Type.Literal('published'), Type.Null()], {
    description: 'The copy that is shown',
  }),
  reason: Type.String({ description: Object.keys(texts).join(', ') }),
  explanation: Type.String(),
  by: Type.Array(Type.String(), { description: 'Roles or products that let the caller in' }),
  rule: Type.Object({ visibility: Type.String(), names: Type.Array(Type.String()), access_class: Type.Integer() }),
  caller: Type.Object({
    user: Type.Union([Type.String(), Type.Null()]),
    roles: Type.Array(Type.String()),
    products: Type.Array(Type.String()),
  }),
});

/** `GET /cms/sites/:site/entries/:id/access`. To be registered under a guard. */
export function registerAccessExplain(
  app: Service,
  { database, entries }: { readonly database: CmsDatabase; readonly entries: Pick<Entries, 'get'> },
): void {
  app.get(
    '/cms/sites/:site/entries/:id/access',
    {
      onRequest: [requireSite(), requireScope('content:edit')],
      schema: {
        operationId: 'explainEntryAccess',
        summary: 'Explain who can see an entry',
        description: 'Each rule that decides, and whether it lets the caller in.',
        tags: ['entries'],
        ...bearer,
        params: EntryParams,
        querystring: AccessQuery,
        response: {
          200: AccessResponse,
          ...problems({ 400: ['validation_failed'], ...siteRefusals, 404: ['entry_not_found'] }),
        },
      },
    },
    async (request, reply) => {
      const { site, id } = request.params;
      const { as, roles = 'member' } = request.query;
      const entry = await entries.get(identityOf(request), site, id);
      const caller = as === 'anonymous' ? undefined : callerWith(as, site, roles.split(','));
      const products = caller === undefined ? [] : await productsOf(database, site, caller.subject);
      const { rule, accessClass, author } = entry;
      const facts = { site, author, rule, accessClass, published: entry.status === 'published' };
      const { visible, copy, reason, by } = explain(caller, facts, products);
      reply.header('cache-control', 'no-store');
      return {
        visible,
        copy: copy ?? null,
        reason,
        explanation: texts[reason],
        by: [...by],
        rule: { ...rule, names: [...rule.names], access_class: accessClass },
        caller: { user: caller?.subject ?? null, roles: [...(caller?.roles ?? [])], products },
      };
    },
  );
}

/** A caller with the permissions that the roles give. */
function callerWith(subject: string, site: string, roles: readonly string[]): NonNullable<Caller> {
  const permitted: Readonly<Record<string, readonly string[]>> = siteRoles;
  const scopes = roles.flatMap((role) => (Object.hasOwn(permitted, role) ? (permitted[role] ?? []) : []));
  return { subject, site, roles, scopes: [...new Set(scopes)] };
}
