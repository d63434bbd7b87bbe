import { secretText } from '@gaia/http-service/route-schemas';
import { type Static, Type } from 'typebox';
import { MAX_REFRESH_TOKEN_LENGTH } from '../tokens/refresh-tokens.ts';
import { ProfileAnswer, profileAnswer } from '../users/profile.ts';
import type { Grant } from './sessions.ts';

export const RefreshToken = Type.String({ minLength: 1, maxLength: MAX_REFRESH_TOKEN_LENGTH });

export const GrantAnswer = Type.Object({
  access_token: secretText('token'),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Seconds' }),
  refresh_token: secretText('token'),
  refresh_expires_in: Type.Integer({ description: 'Seconds, if it is not used before' }),
  session_expires_in: Type.Integer({ description: 'Seconds until the login ends, however often it is refreshed' }),
  scope: Type.String({ description: 'Effective permissions, separated by spaces' }),
  user: ProfileAnswer,
});

/** A grant as it travels. */
export function grantAnswer(grant: Grant): Static<typeof GrantAnswer> {
  return {
    access_token: grant.accessToken,
    token_type: 'Bearer',
    expires_in: grant.expiresIn,
    refresh_token: grant.refreshToken,
    refresh_expires_in: grant.refreshExpiresIn,
    session_expires_in: grant.sessionExpiresIn,
    scope: grant.scope,
    user: profileAnswer(grant.user),
  };
}
