import { bearer, problems, tokenRefusals } from '@gaia/http-service/route-schemas';
import type { Service } from '@gaia/http-service/service';
import { identityOf } from '@gaia/token-guard';
import { Type } from 'typebox';
import { actorOf } from '../audit/actor.ts';
import { CurrentPassword } from '../passwords/schemas.ts';
import type { Reauthenticate } from './reauthenticate.ts';
import { TokenResponseBody, tokenResponseBody } from './token-response.ts';

/** `POST /auth/reauthenticate`. To be registered under a guard. */
export function registerReauthentication(app: Service, reauthenticate: Reauthenticate): void {
  app.post(
    '/auth/reauthenticate',
    {
      schema: {
        operationId: 'reauthenticate',
        summary: 'Authenticate again with the current password',
        description:
          'What hands out secrets answers 401 `insufficient_user_authentication` to users whose authentication is older ' +
          'than `max_age` seconds (RFC 9470). The session goes on under another id; its tokens of before end.',
        tags: ['session'],
        ...bearer,
        body: Type.Object({ current_password: CurrentPassword }, { additionalProperties: false }),
        response: {
          200: TokenResponseBody,
          ...problems({
            400: ['validation_failed', 'malformed_json'],
            401: tokenRefusals,
            403: ['wrong_password', 'forbidden', 'not_a_member'],
            404: ['user_not_found'],
            429: ['rate_limited'],
            503: ['unavailable'],
          }),
        },
      },
    },
    async (request, reply) => {
      const tokens = await reauthenticate(identityOf(request), actorOf(request), request.body.current_password);
      reply.headers({ 'cache-control': 'no-store', pragma: 'no-cache' });
      return tokenResponseBody(tokens);
    },
  );
}
