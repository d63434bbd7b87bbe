import { secretText } from '@gaia/http-service/route-schemas';
import { type Static, Type } from 'typebox';
import type { Grant } from '../sessions/sessions.ts';
import { SITE_ID_PATTERN } from '../sites/site-id.ts';
import { MAX_REFRESH_TOKEN_LENGTH } from '../tokens/refresh-tokens.ts';
import { ProfileAnswer, profileAnswer } from '../users/profile.ts';

export const LoginBody = Type.Object(
  {
    email: Type.Optional(Type.String({ minLength: 1, maxLength: 254 })),
    username: Type.Optional(Type.String({ minLength: 1, maxLength: 254, description: 'Instead of `email`' })),
    password: Type.String({ minLength: 1, maxLength: 256 }),
    site: Type.Optional(
      Type.String({
        pattern: SITE_ID_PATTERN,
        description: 'What the tokens are for; the site of the host, or the user’s first one, if absent',
      }),
    ),
  },
  { additionalProperties: false },
);

export const RefreshToken = Type.String({ minLength: 1, maxLength: MAX_REFRESH_TOKEN_LENGTH });

export const RefreshBody = Type.Object({ refresh_token: RefreshToken }, { additionalProperties: false });

/** Nothing at all is fine: the bearer token says which session. */
export const LogoutBody = Type.Union([
  Type.Object({ refresh_token: Type.Optional(RefreshToken) }, { additionalProperties: false }),
  Type.Null(),
]);

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

export const MeAnswer = Type.Object({
  ...ProfileAnswer.properties,
  site: Type.Union([Type.String(), Type.Null()]),
  roles: Type.Array(Type.String(), { description: 'On this site' }),
  scope: Type.String(),
  sites: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), roles: Type.Array(Type.String()) })),
});
