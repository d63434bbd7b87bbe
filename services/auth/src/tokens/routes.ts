import { bearer, plainText, problems, secretText, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { Type } from 'typebox';
import { actorOf } from '../audit/actor.ts';
import { requireAnyScope } from '../permissions/permissions.ts';
import { MAX_ACCESS_TOKEN_SECONDS } from '../revocation/revoker.ts';
import { SiteId } from '../sites/schemas.ts';
import type { Mint } from './mint.ts';

const MintBody = Type.Object(
  {
    user: plainText({ minLength: 1, maxLength: 254, description: 'E-mail address, user name or id' }),
    site: SiteId,
    ttl_seconds: Type.Integer({ minimum: 1, maximum: MAX_ACCESS_TOKEN_SECONDS }),
    scope: Type.Optional(
      Type.String({
        pattern: '^[\\x21\\x23-\\x5B\\x5D-\\x7E]+(?: [\\x21\\x23-\\x5B\\x5D-\\x7E]+)*$',
        maxLength: 4_096,
        description: 'Some of the user’s permissions, separated by spaces; all of them if absent',
      }),
    ),
  },
  { additionalProperties: false },
);

const MintResponse = Type.Object({
  access_token: secretText('token'),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Seconds' }),
  scope: Type.String(),
});

/** `POST /auth/tokens`: to see what a user sees. To be registered under a guard. */
export function registerTokens(app: Service, mint: Mint): void {
  app.post(
    '/auth/tokens',
    {
      schema: {
        operationId: 'createUserToken',
        summary: 'Create an access token of a user',
        description:
          'It ends with the administrator’s session and does what the user may do on the site, or less. The administrator stands in its ' +
          '`act`, and every minting in the audit log.',
        tags: ['tokens'],
        ...bearer,
        body: MintBody,
        response: {
          201: MintResponse,
          ...problems({
            400: ['validation_failed', 'invalid_scope'],
            401: tokenRefusals,
            403: ['insufficient_scope', 'not_a_member'],
            404: ['user_not_found'],
            409: ['user_disabled'],
          }),
        },
      },
    },
    async (request, reply) => {
      const caller = identityOf(request);
      requireAnyScope(caller, 'tokens:mint');
      const { user, site, ttl_seconds: ttlSeconds, scope } = request.body;
      const minted = await mint(caller, actorOf(request), { user, site, ttlSeconds, scope });
      reply.code(201).headers({ 'cache-control': 'no-store', pragma: 'no-cache' });
      return {
        access_token: minted.accessToken,
        token_type: 'Bearer' as const,
        expires_in: minted.expiresIn,
        scope: minted.scope,
      };
    },
  );
}
