import { bearer, noBody, plainText, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { siteRoles } from '@gaia/tokens/scopes';
import { Type } from 'typebox';
import { actorOf } from '../audit/actor.ts';
import { requireUserManager } from '../permissions/permissions.ts';
import { SiteId } from '../sites/schemas.ts';
import { ROLE_NAME_PATTERN, sitePermissions } from './role-name.ts';
import type { Roles } from './roles.ts';

const denials = { 401: tokenRefusals, 403: ['insufficient_scope', 'forbidden'] };

const SiteParams = Type.Object({ site: SiteId });
const RoleParams = Type.Object({ site: SiteId, role: Type.String({ pattern: ROLE_NAME_PATTERN }) });

const Permission = Type.Unsafe<string>({ type: 'string', enum: [...sitePermissions] });

const RoleBody = Type.Object(
  {
    description: Type.Optional(plainText({ maxLength: 500 })),
    permissions: Type.Array(Permission, { maxItems: sitePermissions.length, uniqueItems: true }),
  },
  { additionalProperties: false },
);

const RoleResponse = Type.Object(
  {
    name: Type.String(),
    built_in: Type.Boolean(),
    description: Type.String(),
    permissions: Type.Array(Type.String()),
  },
  { title: 'Role' },
);

/** `/auth/sites/:site/roles`: the built-in roles and those that the site makes of permissions. Under a guard. */
export function registerRoles(app: Service, roles: Roles): void {
  app.get(
    '/auth/sites/:site/roles',
    {
      schema: {
        operationId: 'listRoles',
        summary: 'List the roles of a site',
        description: 'Built-in ones first, with their permissions.',
        tags: ['members'],
        ...bearer,
        params: SiteParams,
        response: {
          200: Type.Object({ items: Type.Array(RoleResponse) }),
          ...problems({ 400: ['validation_failed'], ...denials, 404: ['site_not_found'] }),
        },
      },
    },
    async (request) => {
      const { site } = request.params;
      requireUserManager(identityOf(request), site);
      const builtIn = Object.entries(siteRoles).map(([name, permissions]) => ({
        name,
        built_in: true,
        description: '',
        permissions: [...permissions],
      }));
      const own = (await roles.list(site)).map((role) => ({
        ...role,
        built_in: false,
        permissions: [...role.permissions],
      }));
      return { items: [...builtIn, ...own] };
    },
  );

  app.put(
    '/auth/sites/:site/roles/:role',
    {
      schema: {
        operationId: 'putRole',
        summary: 'Create or change a role',
        description: 'Nobody can put a permission into a role, or take one out, that they do not have themselves.',
        tags: ['members'],
        ...bearer,
        params: RoleParams,
        body: RoleBody,
        response: {
          200: RoleResponse,
          201: RoleResponse,
          ...problems({ 400: ['validation_failed'], ...denials, 404: ['site_not_found'] }),
        },
      },
    },
    async (request, reply) => {
      const { site, role: name } = request.params;
      const caller = identityOf(request);
      requireUserManager(caller, site);
      const { description = '', permissions } = request.body;
      const { role, isNew } = await roles.put(caller, actorOf(request), site, { name, description, permissions });
      reply.code(isNew ? 201 : 200);
      return { ...role, built_in: false, permissions: [...role.permissions] };
    },
  );

  app.delete(
    '/auth/sites/:site/roles/:role',
    {
      schema: {
        operationId: 'deleteRole',
        summary: 'Delete a role',
        description: 'Only one that no member has.',
        tags: ['members'],
        ...bearer,
        params: RoleParams,
        response: {
          204: noBody('The role is gone'),
          ...problems({ 400: ['validation_failed'], ...denials, 404: ['role_not_found'], 409: ['role_in_use'] }),
        },
      },
    },
    async (request, reply) => {
      const { site, role } = request.params;
      const caller = identityOf(request);
      requireUserManager(caller, site);
      await roles.remove(caller, actorOf(request), site, role);
      return reply.code(204).send();
    },
  );
}
