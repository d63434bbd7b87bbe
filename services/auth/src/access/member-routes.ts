import { bearer, noBody, pageSchema, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { actorOf } from '../audit/actor.ts';
import { PageQuery, readPage } from '../pagination/page.ts';
import { requireUserManager } from '../permissions/permissions.ts';
import { isUserId } from '../users/user.ts';
import { MemberParams, MemberResponse, MembersParams, memberResponse, RolesBody } from './member-schemas.ts';
import type { Members } from './members.ts';

const denials = { 401: tokenRefusals, 403: ['insufficient_scope', 'forbidden'] };

/** `/auth/sites/:site/members`: who belongs to a site, with which roles. To be registered under a guard. */
export function registerMembers(app: Service, members: Members): void {
  app.get(
    '/auth/sites/:site/members',
    {
      schema: {
        operationId: 'listMembers',
        summary: 'List the members of a site',
        description: 'With their roles, for who manages users of the site.',
        tags: ['members'],
        ...bearer,
        params: MembersParams,
        querystring: PageQuery,
        response: {
          200: pageSchema(MemberResponse),
          ...problems({ 400: ['validation_failed', 'invalid_cursor'], ...denials, 404: ['site_not_found'] }),
        },
      },
    },
    async (request) => {
      const { site } = request.params;
      requireUserManager(identityOf(request), site);
      const page = await members.list(site, readPage(request.query, isUserId));
      return { items: page.items.map(memberResponse), next_cursor: page.nextCursor };
    },
  );

  app.get(
    '/auth/sites/:site/members/:user',
    {
      schema: {
        operationId: 'getMember',
        summary: 'Get a member of a site',
        description: 'With the roles that the member has there.',
        tags: ['members'],
        ...bearer,
        params: MemberParams,
        response: { 200: MemberResponse, ...problems({ ...denials, 404: ['member_not_found'] }) },
      },
    },
    async (request) => {
      const { site, user } = request.params;
      requireUserManager(identityOf(request), site);
      return memberResponse(await members.get(site, user));
    },
  );

  app.put(
    '/auth/sites/:site/members/:user',
    {
      schema: {
        operationId: 'setMemberRoles',
        summary: 'Set the roles of a member',
        description:
          'Administrators of the installation add users as well; managers of a site invite them. ' +
          'Access tokens that the user holds are refused within a second; the next refresh brings the new roles.',
        tags: ['members'],
        ...bearer,
        params: MemberParams,
        body: RolesBody,
        response: {
          200: MemberResponse,
          201: MemberResponse,
          ...problems({
            400: ['validation_failed'],
            ...denials,
            404: ['site_not_found', 'user_not_found', 'member_not_found'],
            409: ['last_owner'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { site, user } = request.params;
      const caller = identityOf(request);
      requireUserManager(caller, site);
      const { member, isNew } = await members.put(caller, actorOf(request), site, user, request.body.roles);
      reply.code(isNew ? 201 : 200);
      return memberResponse(member);
    },
  );

  app.delete(
    '/auth/sites/:site/members/:user',
    {
      schema: {
        operationId: 'deleteMember',
        summary: 'Remove a member from a site',
        description: 'The account stays; its tokens for the site are refused within a second.',
        tags: ['members'],
        ...bearer,
        params: MemberParams,
        response: {
          204: noBody('The user is no member any more'),
          ...problems({ ...denials, 404: ['member_not_found'], 409: ['last_owner'] }),
        },
      },
    },
    async (request, reply) => {
      const { site, user } = request.params;
      const caller = identityOf(request);
      requireUserManager(caller, site);
      await members.remove(caller, actorOf(request), site, user);
      return reply.code(204).send();
    },
  );
}
