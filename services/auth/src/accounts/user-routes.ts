import { bearer, pageSchema, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import type { Members } from '../access/members.ts';
import { actorOf } from '../audit/actor.ts';
import { problem } from '../errors.ts';
import { likePattern } from '../pagination/page.ts';
import { type Caller, isAdministrator, requireAnyScope } from '../permissions/permissions.ts';
import { AcceptedResponse } from './link-schemas.ts';
import {
  ForceQuery,
  ListedUserResponse,
  listedUserResponse,
  NewUserBody,
  UserChangesBody,
  UserParams,
  UserResponse,
  UsersQuery,
  userResponse,
} from './user-schemas.ts';
import type { Users } from './users.ts';

const denials = { 401: tokenRefusals, 403: ['insufficient_scope', 'forbidden'] };

/** `/auth/users`. Managers of a site see its members; administrators of the installation see everybody. Under a guard. */
export function registerUsers(app: Service, { users, members }: { users: Users; members: Members }): void {
  app.post(
    '/auth/users',
    {
      schema: {
        operationId: 'createUser',
        summary: 'Create a user',
        description: 'For administrators of the installation. The user may do nothing until added to a site.',
        tags: ['users'],
        ...bearer,
        body: NewUserBody,
        response: {
          201: UserResponse,
          ...problems({
            400: ['validation_failed', 'password_too_weak', 'username_reserved', 'username_confusable'],
            ...denials,
            409: ['email_taken', 'username_taken'],
            503: ['unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      requireAnyScope(identityOf(request), 'sites:manage');
      const { email, username, name, password } = request.body;
      reply.code(201);
      return userResponse(await users.create({ email, username, name, password }, actorOf(request)));
    },
  );

  app.get(
    '/auth/users',
    {
      schema: {
        operationId: 'listUsers',
        summary: 'List users',
        description: '`q` finds a part of the address or of a name; domains as they are typed, or in ASCII (`xn--…`).',
        tags: ['users'],
        ...bearer,
        querystring: UsersQuery,
        response: {
          200: pageSchema(ListedUserResponse),
          ...problems({ 400: ['validation_failed', 'invalid_cursor'], ...denials, 404: ['site_not_found'] }),
        },
      },
    },
    async (request) => {
      const own = visibleSite(identityOf(request));
      const { q, site = own, email, role, state, administrator, sort, limit, cursor } = request.query;
      // Who manages one site sees its members and nobody else.
      if (own !== undefined && site !== own) throw problem('forbidden');
      const filter = { like: likePattern(q), email, site, role, state, administrator };
      const page = await users.list({ ...filter, sort, limit, cursor });
      return { items: page.items.map(listedUserResponse), next_cursor: page.nextCursor };
    },
  );

  app.get(
    '/auth/users/:user',
    {
      schema: {
        operationId: 'getUser',
        summary: 'Get a user',
        description: 'For administrators, and for managers of a site that the user belongs to.',
        tags: ['users'],
        ...bearer,
        params: UserParams,
        response: { 200: UserResponse, ...problems({ ...denials, 404: ['user_not_found', 'member_not_found'] }) },
      },
    },
    async (request) => {
      const caller = identityOf(request);
      const { user } = request.params;
      if (caller.subject !== user) {
        const site = visibleSite(caller);
        if (site !== undefined) await members.get(site, user);
      }
      return userResponse(await users.get(user));
    },
  );

  app.patch(
    '/auth/users/:user',
    {
      schema: {
        operationId: 'updateUser',
        summary: 'Change, disable or promote a user',
        description:
          'For administrators of the installation. The tokens of a disabled user are refused within a second.',
        tags: ['users'],
        ...bearer,
        params: UserParams,
        querystring: ForceQuery,
        body: UserChangesBody,
        response: {
          200: UserResponse,
          ...problems({
            400: ['validation_failed'],
            ...denials,
            404: ['user_not_found'],
            409: [
              'email_taken',
              'username_taken',
              'last_administrator',
              'last_owner',
              'administrator_address',
              'user_disabled',
              'email_unverified',
            ],
          }),
        },
      },
    },
    async (request) => {
      requireAnyScope(identityOf(request), 'sites:manage');
      const { username, name, disabled, administrator, email, email_verified: emailVerified } = request.body;
      const { force } = request.query;
      const changes = { username, name, disabled, administrator, email, emailVerified };
      return userResponse(await users.update(request.params.user, changes, actorOf(request), { force }));
    },
  );

  app.post(
    '/auth/users/:user/verification',
    {
      schema: {
        operationId: 'sendVerification',
        summary: 'Mail a user the verification link',
        description: 'For administrators of the installation.',
        tags: ['users'],
        ...bearer,
        params: UserParams,
        response: {
          202: AcceptedResponse,
          ...problems({
            400: ['validation_failed'],
            401: tokenRefusals,
            403: ['insufficient_scope'],
            404: ['user_not_found'],
            409: ['user_disabled', 'email_verified'],
          }),
        },
      },
    },
    async (request, reply) => {
      requireAnyScope(identityOf(request), 'sites:manage');
      await users.requestVerification(request.params.user, actorOf(request));
      reply.code(202);
      return {};
    },
  );
}

/** The site whose members a caller may see; undefined for administrators, who see all. 403. */
function visibleSite(caller: Caller): string | undefined {
  requireAnyScope(caller, 'users:manage', 'sites:manage');
  if (isAdministrator(caller)) return undefined;
  if (caller.site === undefined) throw problem('forbidden');
  return caller.site;
}
