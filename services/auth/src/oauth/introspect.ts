import type { FamilyStore } from '@gaia/state/state';
import type { Verifier } from '@gaia/token-guard/verifier';
import { whoAmI } from '@gaia/tokens/identity';
import { FIRST_PARTY_CLIENT } from '../tokens/access-tokens.ts';
import type { RefreshTokens } from '../tokens/refresh-tokens.ts';

export type Introspection = { readonly active: boolean } & Readonly<Record<string, unknown>>;
export type IntrospectToken = (token: string) => Promise<Introspection>;

/** Says nothing of why (RFC 7662 §2.2). */
const inactive: Introspection = Object.freeze({ active: false });

/**
 * Token introspection (RFC 7662): whether a token is good at this moment, revocations included, and what it says. Services
 * need none of it, because they verify for themselves; it is for what cannot.
 */
export function createIntrospection(options: {
  readonly refreshTokens: Pick<RefreshTokens, 'verify'>;
  readonly verifier: Pick<Verifier, 'verify'>;
  readonly families: Pick<FamilyStore, 'get'>;
  readonly issuer: string;
  now(): number;
}): IntrospectToken {
  const { refreshTokens, verifier, families, issuer, now } = options;
  return async (token) => {
    const claims = await refreshTokens.verify(token).catch(() => undefined);
    if (claims !== undefined) {
      const family = await families.get(claims.sessionId, now());
      if (family === undefined || family.sequence !== claims.sequence) return inactive;
      return {
        active: true,
        client_id: FIRST_PARTY_CLIENT,
        token_type: 'refresh_token',
        iss: issuer,
        sub: claims.subject,
        sid: claims.sessionId,
        iat: claims.issuedAt,
        exp: claims.expiresAt,
      };
    }
    const identity = await verifier.verify(token).catch(() => undefined);
    return identity === undefined ? inactive : { active: true, token_type: 'Bearer', ...whoAmI(identity) };
  };
}
