import { isNotModified } from '@gaia/http-service/conditional-requests';
import { noBody } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { type Static, Type } from 'typebox';
import type { KeyRing } from './key-ring.ts';

const KeySet = Type.Object(
  {
    keys: Type.Array(
      Type.Object({
        kty: Type.Literal('RSA'),
        kid: Type.String(),
        use: Type.Literal('sig'),
        alg: Type.Literal('RS256'),
        n: Type.String(),
        e: Type.String(),
      }),
    ),
  },
  { title: 'JsonWebKeySet' },
);

export type KeySet = Static<typeof KeySet>;

/** How long verifiers may use the set without asking again, and how long when nobody answers (RFC 5861 §4), seconds. */
export const KEY_SET_CACHE_CONTROL = 'public, max-age=300, stale-if-error=86400';

/** `GET /.well-known/jwks.json` with ETag and 304 (RFC 9110 §13.1.2). */
export function registerKeySet(app: Service, keyRing: KeyRing): void {
  app.get(
    '/.well-known/jwks.json',
    {
      schema: {
        operationId: 'getKeySet',
        summary: 'Get the public keys (JWKS)',
        description:
          'RFC 7517. Verifiers keep the set for `max-age` and ask again early for a `kid` that they do not know.',
        tags: ['keys'],
        response: { 200: KeySet, 304: noBody('The set that the caller holds is still good') },
      },
    },
    async (request, reply) => {
      const { body, etag } = keyRing.document();
      reply.headers({ 'cache-control': KEY_SET_CACHE_CONTROL, 'access-control-allow-origin': '*' });
      if (isNotModified(request, reply, etag)) return reply.code(304).send();
      return reply.type('application/json; charset=utf-8').send(body as unknown as KeySet);
    },
  );
}
