import type { AccessToken, AccessTokens } from '../tokens/access-tokens.ts';
import type { IssueTimes } from '../tokens/issue-times.ts';
import { OAuthError } from './oauth-error.ts';
import type { ServiceClient } from './service-clients.ts';

/**
 * The client credentials grant (RFC 6749 §4.4) for a client that has shown who it is: a token of its own, without a
 * refresh token (§4.4.3). Without `scope` it gets all of its scopes. Throws invalid_scope.
 */
export function createClientCredentials(options: {
  accessTokens: AccessTokens;
  issueTimes: IssueTimes;
}): (client: ServiceClient, scope: string | undefined) => Promise<AccessToken> {
  return async (client, scope) =>
    options.accessTokens.issue({
      // RFC 9068 §2.2: without a resource owner the subject is the client itself.
      subject: client.id,
      clientId: client.id,
      issuedAt: await options.issueTimes.next(client.id),
      scopes: scope === undefined ? client.scopes : requestedScopes(client, scope),
    });
}

/** RFC 6749 §3.3. */
function requestedScopes(client: ServiceClient, scope: string): readonly string[] {
  const wanted = [...new Set(scope.split(' '))];
  if (!wanted.every((one) => client.scopes.includes(one))) {
    throw new OAuthError('invalid_scope', 'The client may not have one of the scopes.');
  }
  return wanted;
}
