import { secretText } from '@gaia/http-service/route-schemas';
import { MAX_TOKEN_BYTES } from '@gaia/tokens/purposes';
import { Type } from 'typebox';
import { RefreshToken } from '../sessions/token-response.ts';
import { SiteId } from '../sites/schemas.ts';

const nonce = (description: string) => Type.String({ pattern: '^[A-Za-z0-9_-]{43}$', description });

export const HandOverBody = Type.Object(
  {
    host: Type.Unsafe<string>({ ...SiteId, description: 'Host of the site that the user goes to' }),
    nonce: nonce('SHA-256 of the verifier that the site has put into the browser, base64url'),
    remember: Type.Optional(Type.Boolean({ description: 'Whether the user wants to stay signed in on this device' })),
  },
  { additionalProperties: false },
);

export const HandOverReply = Type.Object({
  token: secretText('token'),
  expires_in: Type.Integer({ description: 'Seconds' }),
  origin: Type.String({ description: 'The only place that takes the token' }),
});

export const ExchangeBody = Type.Object(
  {
    token: Type.String({ minLength: 1, maxLength: MAX_TOKEN_BYTES }),
    verifier: nonce('What the site has put into the browser'),
  },
  { additionalProperties: false },
);

export const EndBody = Type.Object({ refresh_token: RefreshToken }, { additionalProperties: false });
