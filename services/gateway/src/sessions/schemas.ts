import { SiteId } from '@gaia/http-service/route-schemas';
import { Type } from 'typebox';

const text = (maxLength: number) => Type.String({ minLength: 1, maxLength });

/** Either `email` or `username`. What auth does not like about them is auth's to say. */
export const loginBody = Type.Object(
  {
    email: Type.Optional(text(320)),
    username: Type.Optional(text(320)),
    password: text(1_024),
    site: Type.Optional(SiteId),
    remember: Type.Optional(
      Type.Boolean({ description: 'Keep the session when the browser is closed, and for longer when it is not used' }),
    ),
  },
  { additionalProperties: false },
);

export const reauthenticationBody = Type.Object({ current_password: text(1_024) }, { additionalProperties: false });

export const siteBody = Type.Object({ site: SiteId }, { additionalProperties: false });

const user = Type.Object({
  id: Type.String(),
  email: Type.String(),
  username: Type.Union([Type.String(), Type.Null()]),
  name: Type.Union([Type.String(), Type.Null()]),
  administrator: Type.Boolean(),
});

export const sessionAnswer = Type.Object(
  {
    authenticated: Type.Boolean(),
    user: Type.Optional(user),
    site: Type.Optional(Type.String()),
    roles: Type.Optional(Type.Array(Type.String())),
    scope: Type.Optional(Type.String()),
    authenticated_at: Type.Optional(
      Type.String({ format: 'date-time', description: 'When the user has last shown a password in this session' }),
    ),
    expires_at: Type.Optional(
      Type.String({ format: 'date-time', description: 'End of the session however it is used' }),
    ),
    csrf_token: Type.Optional(Type.String({ description: 'Goes into x-csrf-token of requests that change something' })),
  },
  { title: 'BrowserSession' },
);
