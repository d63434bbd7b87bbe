import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AccessToken, AccessTokens } from '../tokens/access-tokens.ts';
import type { IatClock } from '../tokens/iat-clock.ts';
import { type AuthenticatedClient, lifetimeWithin } from './oauth-client.ts';
import { OAuthError } from './oauth-error.ts';

export type IssueForClient = (
  client: AuthenticatedClient,
  scope: string | undefined,
  by: Actor,
) => Promise<AccessToken>;

/**
 * The client credentials grant (RFC 6749 §4.4) for a client that has shown who it is: a token of its own, without a
 * refresh token (§4.4.3). Without `scope` it gets all of its scopes. It ends with the credential that the client has shown,
 * at a change of the account, and when the account goes. Throws invalid_scope, invalid_client.
 */
export function createClientCredentials(options: {
  readonly accessTokens: AccessTokens;
  readonly iatClock: IatClock;
  /** Seconds. */
  readonly lifetimeSeconds: number;
  readonly audit: Pick<Audit, 'note'>;
}): IssueForClient {
  const { accessTokens, iatClock, audit } = options;
  return async ({ id, credential, ...client }, scope, by) => {
    const issuedAt = await iatClock.next(id);
    const lifetimeSeconds = lifetimeWithin(credential, issuedAt, options.lifetimeSeconds);
    if (lifetimeSeconds < 1) throw new OAuthError('invalid_client', 'The secret of the client has expired.');
    const scopes = scope === undefined ? client.scopes : requestedScopes(client.scopes, scope);
    const origin = { ...by, subject: id, sessionId: credential.sessionId };
    await audit.note(origin, { action: 'token.issue', site: client.site, target: id });
    // RFC 9068 §2.2: without a resource owner the subject is the client itself.
    return accessTokens.issue({
      subject: id,
      clientId: id,
      issuedAt,
      lifetimeSeconds,
      scopes,
      site: client.site,
      sessionId: credential.sessionId,
    });
  };
}

/** RFC 6749 §3.3: some of what can be had. Throws invalid_scope. */
export function requestedScopes(allowed: readonly string[], scope: string): readonly string[] {
  const wanted = [...new Set(scope.split(' '))];
  if (!wanted.every((one) => allowed.includes(one))) {
    throw new OAuthError('invalid_scope', 'The client may not have one of the scopes.');
  }
  return wanted;
}
