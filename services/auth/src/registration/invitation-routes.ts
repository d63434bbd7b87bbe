import { bearer, noBody, pageSchema, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { Type } from 'typebox';
import { RolesBody } from '../access/member-schemas.ts';
import {
  choiceProperties,
  choiceRefusals,
  LinkDetailsResponse,
  linkDetailsResponse,
} from '../accounts/link-details.ts';
import { EmailText, LinkBody, LinkToken } from '../accounts/link-schemas.ts';
import { actorOf } from '../audit/actor.ts';
import { PageQuery, readPage } from '../pagination/page.ts';
import { requireUserManager } from '../permissions/permissions.ts';
import { SiteId, SiteParams } from '../sites/schemas.ts';
import { isUserId, USER_ID_PATTERN } from '../users/user.ts';
import type { Acceptance } from './acceptance.ts';
import type { Invitation, Invitations } from './invitations.ts';

const InvitationResponse = Type.Object(
  {
    id: Type.String(),
    email: Type.String(),
    roles: Type.Array(Type.String()),
    created_at: Type.String(),
    expires_at: Type.String(),
  },
  { title: 'Invitation' },
);

const denials = { 401: tokenRefusals, 403: ['insufficient_scope', 'forbidden', 'registration_closed'] };

function invitationResponse({ id, email, roles, createdAt, expiresAt }: Invitation) {
  return {
    id,
    email,
    roles: [...roles],
    created_at: createdAt.toISOString(),
    expires_at: expiresAt.toISOString(),
  };
}

/** `/auth/sites/:site/invitations`. To be registered under a guard. */
export function registerInvitations(app: Service, invitations: Invitations): void {
  app.post(
    '/auth/sites/:site/invitations',
    {
      schema: {
        operationId: 'createInvitation',
        summary: 'Invite a person to a site',
        description: 'By mail, with roles that the caller has too. The link makes the account where there is none.',
        tags: ['invitations'],
        ...bearer,
        params: SiteParams,
        body: Type.Object({ email: EmailText, roles: RolesBody.properties.roles }, { additionalProperties: false }),
        response: {
          201: InvitationResponse,
          ...problems({
            400: ['validation_failed', 'malformed_json'],
            ...denials,
            404: ['site_not_found'],
            409: ['already_member', 'too_many_invitations'],
            429: ['rate_limited'],
            503: ['unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      const caller = identityOf(request);
      const { site } = request.params;
      requireUserManager(caller, site);
      const { email, roles } = request.body;
      reply.code(201);
      return invitationResponse(await invitations.create(caller, actorOf(request), site, { email, roles }));
    },
  );

  app.get(
    '/auth/sites/:site/invitations',
    {
      schema: {
        operationId: 'listInvitations',
        summary: 'List open invitations',
        description: 'Newest first; accepted and expired ones are left out.',
        tags: ['invitations'],
        ...bearer,
        params: SiteParams,
        querystring: PageQuery,
        response: {
          200: pageSchema(InvitationResponse),
          ...problems({ 400: ['validation_failed', 'invalid_cursor'], ...denials, 404: ['site_not_found'] }),
        },
      },
    },
    async (request) => {
      const { site } = request.params;
      requireUserManager(identityOf(request), site);
      const page = await invitations.list(site, readPage(request.query, isUserId));
      return { items: page.items.map(invitationResponse), next_cursor: page.nextCursor };
    },
  );

  app.delete(
    '/auth/sites/:site/invitations/:invitation',
    {
      schema: {
        operationId: 'deleteInvitation',
        summary: 'Withdraw an invitation',
        description: 'Its link stops working at once.',
        tags: ['invitations'],
        ...bearer,
        params: Type.Object({ site: SiteId, invitation: Type.String({ pattern: USER_ID_PATTERN }) }),
        response: {
          204: noBody('The link does not work any more'),
          ...problems({ ...denials, 404: ['invitation_not_found'] }),
        },
      },
    },
    async (request, reply) => {
      const { site, invitation } = request.params;
      requireUserManager(identityOf(request), site);
      await invitations.revoke(actorOf(request), site, invitation);
      return reply.code(204).send();
    },
  );
}

/** `POST /auth/invitation/details` and `/auth/invitation`: the link is enough. */
export function registerAcceptance(app: Service, acceptance: Acceptance): void {
  const badLinks = ['validation_failed', 'malformed_json', 'link_invalid', 'link_expired'];

  app.post(
    '/auth/invitation/details',
    {
      schema: {
        operationId: 'getInvitationDetails',
        summary: 'Show what an invitation link is for',
        description: 'The link stays usable.',
        tags: ['invitations'],
        body: LinkBody,
        response: { 200: LinkDetailsResponse, ...problems({ 400: badLinks }) },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return linkDetailsResponse(await acceptance.details(request.body.token));
    },
  );

  app.post(
    '/auth/invitation',
    {
      schema: {
        operationId: 'acceptInvitation',
        summary: 'Accept an invitation',
        description:
          'The password and the names are of a new account, or of one whose address nobody has proved before. ' +
          'A present member gets the roles beside their own.',
        tags: ['invitations'],
        body: Type.Object({ token: LinkToken, ...choiceProperties }, { additionalProperties: false }),
        response: {
          200: Type.Object({ email: Type.String(), site: Type.String() }),
          ...problems({
            400: [...badLinks, ...choiceRefusals[400]],
            403: ['registration_closed'],
            409: [...choiceRefusals[409], 'too_many_roles'],
            503: ['unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      const { token, password, name, username } = request.body;
      reply.header('cache-control', 'no-store');
      return acceptance.accept(token, { password, name, username }, actorOf(request));
    },
  );
}
