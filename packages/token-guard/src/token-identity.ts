import type { AccessClaims, Actor } from '@gaia/tokens/access-claims';
import type { Identity } from '@gaia/tokens/identity';

/**
 * The identity of verified claims, deeply frozen: one object serves every request that brings the token, so a handler
 * that could change it would change who the next caller is.
 */
export function identityOfClaims(claims: AccessClaims, keyId: string): Identity {
  return Object.freeze({
    issuer: claims.iss,
    subject: claims.sub,
    audience: frozen(typeof claims.aud === 'string' ? [claims.aud] : claims.aud),
    clientId: claims.client_id,
    sessionId: claims.sid,
    tokenId: claims.jti,
    keyId,
    site: claims.site,
    roles: frozen(claims.roles ?? []),
    scopes: frozen(claims.scope ? claims.scope.split(' ') : []),
    issuedAt: claims.iat,
    expiresAt: claims.exp,
    authTime: claims.auth_time,
    amr: frozen(claims.amr ?? []),
    actor: claims.act?.sub,
    actorSessionIds: frozen(sessionIdsOf(claims.act)),
  });
}

/** Those who acted before decide nothing, but what they have shown may have been revoked since. */
function sessionIdsOf(outermost: Actor | undefined): readonly string[] {
  const found: string[] = [];
  for (let actor = outermost; actor !== undefined; actor = actor.act) {
    if (actor.sid !== undefined) found.push(actor.sid);
  }
  return found;
}

function frozen(values: readonly string[]): readonly string[] {
  return Object.freeze([...values]);
}
