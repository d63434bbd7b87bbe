import { secretText } from '@gaia/http-service/route-schemas';
import { type Static, Type } from 'typebox';
import { MAX_REFRESH_TOKEN_LENGTH } from '../tokens/refresh-tokens.ts';
import { ProfileResponse, profileResponse } from '../users/profile.ts';
import type { TokenResponse } from './sessions.ts';

export const RefreshToken = Type.String({ minLength: 1, maxLength: MAX_REFRESH_TOKEN_LENGTH });

export const TokenResponseBody = Type.Object(
  {
    access_token: secretText('token'),
    token_type: Type.Literal('Bearer'),
    expires_in: Type.Integer({ description: 'Seconds' }),
    refresh_token: secretText('token'),
    refresh_expires_in: Type.Integer({ description: 'Seconds, if it is not used before' }),
    session_expires_in: Type.Integer({ description: 'Seconds until the login ends, however often it is refreshed' }),
    refresh_grace_seconds: Type.Integer({
      description:
        'For how long a refresh token that was just used answers the same successor also without an `Idempotency-Key`. With 0, ' +
        'tokens must not be kept where several tabs or processes use them',
    }),
    scope: Type.String({ description: 'Effective permissions, separated by spaces' }),
    user: ProfileResponse,
  },
  { title: 'TokenResponse' },
);

/** A grant as it travels. */
export function tokenResponseBody(tokens: TokenResponse): Static<typeof TokenResponseBody> {
  return {
    access_token: tokens.accessToken,
    token_type: 'Bearer',
    expires_in: tokens.expiresIn,
    refresh_token: tokens.refreshToken,
    refresh_expires_in: tokens.refreshExpiresIn,
    session_expires_in: tokens.sessionExpiresIn,
    refresh_grace_seconds: tokens.refreshGraceSeconds,
    scope: tokens.scope,
    user: profileResponse(tokens.user),
  };
}
