import { Type } from 'typebox';
import { plainText } from '../answers.ts';
import { SITE_ID_PATTERN } from '../sites/site-id.ts';
import { MAX_REFRESH_TOKEN_LENGTH } from '../tokens/refresh-tokens.ts';

export const LoginBody = Type.Object(
  {
    email: Type.Optional(Type.String({ minLength: 1, maxLength: 254 })),
    username: Type.Optional(Type.String({ minLength: 1, maxLength: 254, description: 'Instead of `email`' })),
    password: Type.String({ minLength: 1, maxLength: 256 }),
    site: Type.Optional(
      Type.String({
        pattern: SITE_ID_PATTERN,
        description: 'What the tokens are for; the user’s first site if absent',
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
  access_token: Type.String(),
  token_type: Type.Literal('Bearer'),
  expires_in: Type.Integer({ description: 'Seconds' }),
  refresh_token: Type.String(),
  refresh_expires_in: Type.Integer({ description: 'Seconds' }),
  scope: Type.String({ description: 'Effective permissions, separated by spaces' }),
});

export const MeAnswer = Type.Object({
  id: Type.String(),
  email: Type.String(),
  email_verified: Type.Boolean(),
  username: Type.Union([Type.String(), Type.Null()]),
  name: plainText({ maxLength: 200 }),
  administrator: Type.Boolean(),
  site: Type.Union([Type.String(), Type.Null()]),
  roles: Type.Array(Type.String(), { description: 'On this site' }),
  scope: Type.String(),
  sites: Type.Array(Type.Object({ id: Type.String(), name: Type.String(), roles: Type.Array(Type.String()) })),
});
