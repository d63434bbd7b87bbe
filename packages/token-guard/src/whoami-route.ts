import { bearer, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { whoAmI } from '@gaia/tokens/identity';
import { Type } from 'typebox';
import { identityOf } from './plugin.ts';

const WhoAmIAnswer = Type.Object(
  {
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
  },
  { title: 'Identity' },
);

/** Registers the route by which callers learn who they are to a service, such as `/search/whoami`. For a guarded scope. */
export function registerWhoAmI(app: Service, path: `/${string}/whoami`): void {
  const name = path.split('/')[1] ?? '';
  app.get(
    path,
    {
      schema: {
        operationId: `getIdentityAt${name.charAt(0).toUpperCase()}${name.slice(1)}`,
        summary: `Get the caller’s identity at ${name}`,
        description: 'The claims of the token as the service has verified them.',
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
