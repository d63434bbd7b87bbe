import { bearer, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { whoAmI } from '@gaia/tokens/identity';
import { Type } from 'typebox';

const WhoAmIAnswer = Type.Object({
  iss: Type.String(),
  sub: Type.String(),
  aud: Type.Array(Type.String()),
  client_id: Type.String(),
  jti: Type.String(),
  iat: Type.Number({ description: 'Seconds since the epoch' }),
  exp: Type.Number({ description: 'Seconds since the epoch' }),
  roles: Type.Array(Type.String()),
  scope: Type.String(),
  sid: Type.Optional(Type.String()),
  site: Type.Optional(Type.String()),
  auth_time: Type.Optional(Type.Number()),
  amr: Type.Optional(Type.Array(Type.String())),
  act: Type.Optional(Type.Object({ sub: Type.String() })),
});

/** `GET /assets/whoami`. To be registered under a guard. */
export function registerWhoAmI(app: Service): void {
  app.get(
    '/assets/whoami',
    {
      schema: {
        summary: 'The caller as this service sees it',
        tags: ['identity'],
        ...bearer,
        response: { 200: WhoAmIAnswer, ...problems({ 401: tokenRefusals }) },
      },
    },
    async (request, reply) => {
      reply.header('cache-control', 'no-store');
      return whoAmI(identityOf(request));
    },
  );
}
