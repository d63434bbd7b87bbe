import type { Verifier } from '@gaia/token-guard/verifier';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { Revoker } from '../revocation/revoker.ts';
import { FIRST_PARTY_CLIENT } from '../tokens/access-tokens.ts';
import type { RefreshTokens } from '../tokens/refresh-tokens.ts';
import type { OAuthClient } from './oauth-client.ts';
import { OAuthError } from './oauth-error.ts';

export type RevokeToken = (client: OAuthClient | undefined, token: string, by: Actor) => Promise<void>;

/**
 * Token revocation (RFC 7009). A refresh token ends its session with everything that came of it; an access token ends
 * alone. A holder of a token of the first-party client, which is public, may revoke it; a token of a service account
 * needs that account. Invalid and expired tokens count as revoked (§2.2).
 * Throws invalid_client, unauthorized_client.
 */
export function createRevokeToken(options: {
  readonly refreshTokens: Pick<RefreshTokens, 'verifyEvenExpired'>;
  readonly verifier: Pick<Verifier, 'verify'>;
  readonly revoker: Pick<Revoker, 'endSession' | 'revokeToken'>;
  readonly audit: Pick<Audit, 'note'>;
}): RevokeToken {
  const { refreshTokens, verifier, revoker, audit } = options;
  return async (client, token, by) => {
    const session = await refreshTokens.verifyEvenExpired(token).catch(() => undefined);
    if (session !== undefined) {
      requireIssuedTo(client, FIRST_PARTY_CLIENT);
      const { sessionId, subject, site } = session;
      await revoker.endSession(sessionId);
      await audit.note({ ...by, subject, sessionId }, { action: 'session.end', site, target: subject });
      return;
    }
    const access = await verifier.verify(token).catch(() => undefined);
    if (access === undefined) return;
    requireIssuedTo(client, access.clientId);
    await revoker.revokeToken(access.tokenId);
    const { subject, site, sessionId } = access;
    const details = { jti: access.tokenId };
    await audit.note({ ...by, subject, sessionId }, { action: 'token.revoke', site, target: subject, details });
  };
}

function requireIssuedTo(client: OAuthClient | undefined, issuedTo: string): void {
  if (client === undefined && issuedTo !== FIRST_PARTY_CLIENT) {
    throw new OAuthError('invalid_client', 'The client must authenticate.');
  }
  if (client !== undefined && client.id !== issuedTo) {
    throw new OAuthError('unauthorized_client', 'The token was issued to another client.');
  }
}
