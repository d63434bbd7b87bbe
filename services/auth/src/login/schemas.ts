import { Type } from 'typebox';
import { RefreshToken } from '../sessions/token-response.ts';
import { SITE_ID_PATTERN } from '../sites/site-id.ts';

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

export const RefreshBody = Type.Object({ refresh_token: RefreshToken }, { additionalProperties: false });

/** Nothing at all is fine: the bearer token says which session. */
export const LogoutBody = Type.Union([
  Type.Object({ refresh_token: Type.Optional(RefreshToken) }, { additionalProperties: false }),
  Type.Null(),
]);
