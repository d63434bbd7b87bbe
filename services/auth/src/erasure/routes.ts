import { bearer, noBody, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { UserParams } from '../accounts/user-schemas.ts';
import { actorOf } from '../audit/actor.ts';
import { requireAnyScope } from '../permissions/permissions.ts';
import type { EraseUser } from './erase-user.ts';

/** `DELETE /auth/users/:user`. To be registered under a guard. */
export function registerErasure(app: Service, eraseUser: EraseUser): void {
  app.delete(
    '/auth/users/:user',
    {
      schema: {
        operationId: 'deleteUser',
        summary: 'Delete a user',
        description:
          'Sessions and tokens of the user end at once; entitlements are withdrawn soon after. What the user has written ' +
          'and uploaded stays, with the id as its author. Who manages a site takes members off it instead.',
        tags: ['users'],
        ...bearer,
        params: UserParams,
        response: {
          204: noBody('The user is deleted'),
          ...problems({
            400: ['validation_failed'],
            401: tokenRefusals,
            403: ['insufficient_scope'],
            404: ['user_not_found'],
            409: ['last_administrator', 'last_owner'],
            503: ['unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      requireAnyScope(identityOf(request), 'sites:manage');
      await eraseUser(request.params.user, actorOf(request));
      return reply.code(204).send();
    },
  );
}
