import { bearer, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { Type } from 'typebox';
import type { Members } from '../access/members.ts';
import { userIdOf } from '../permissions/user-caller.ts';
import { ProfileResponse, profileResponse } from '../users/profile.ts';
import type { Users } from './users.ts';

const MeResponse = Type.Object({
  ...ProfileResponse.properties,
  site: Type.Union([Type.String(), Type.Null()]),
  roles: Type.Array(Type.String(), { description: 'On this site' }),
  scope: Type.String(),
  sites: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), roles: Type.Array(Type.String()) })),
});

/** `GET /auth/me`: the user behind the token. To be registered under a guard. */
export function registerMe(app: Service, { users, members }: { users: Users; members: Members }): void {
  app.get(
    '/auth/me',
    {
      schema: {
        operationId: 'getCurrentUser',
        summary: 'Get the current user',
        description: 'The account, and what the token permits.',
        tags: ['users'],
        ...bearer,
        response: { 200: MeResponse, ...problems({ 401: tokenRefusals, 403: ['forbidden'], 404: ['user_not_found'] }) },
      },
    },
    async (request, reply) => {
      const identity = identityOf(request);
      const user = await users.get(userIdOf(identity));
      const sites = await (user.administrator ? members.ofAdministrator() : members.ofUser(user.id));
      reply.header('cache-control', 'no-store');
      return {
        ...profileResponse(user),
        site: identity.site ?? null,
        roles: [...identity.roles],
        scope: identity.scopes.join(' '),
        sites: sites.map(({ id, name, roles }) => ({ id, name, roles: [...roles] })),
      };
    },
  );
}
