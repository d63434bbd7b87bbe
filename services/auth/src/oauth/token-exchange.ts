import type { Verifier } from '@gaia/token-guard/verifier';
import type { Actor as ActClaim } from '@gaia/tokens/access-claims';
import { SUITE_AUDIENCE } from '@gaia/tokens/purposes';
import { decodeJwt } from 'jose';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import type { AccessToken, AccessTokens } from '../tokens/access-tokens.ts';
import { withoutRenewal } from '../tokens/delegated-scopes.ts';
import { requestedScopes } from './client-credentials.ts';
import { type AuthenticatedClient, lifetimeWithin } from './oauth-client.ts';
import { OAuthError } from './oauth-error.ts';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:access_token';
const JWT_TYPE = 'urn:ietf:params:oauth:token-type:jwt';

/** The services that a token can be narrowed to. */
export const serviceAudiences: readonly string[] = Object.freeze(['auth', 'cms', 'assets', 'search']);

/** One service that asks the next one, and so on, ends somewhere. */
const MAX_ACTORS = 4;

export type ExchangeToken = (
  client: AuthenticatedClient,
  form: ReadonlyMap<string, string>,
  by: Actor,
) => Promise<AccessToken>;

/**
 * Token exchange (RFC 8693), as delegation: a service shows a user's access token and gets one to act for that user, with
 * itself in `act` (§4.1), that can never do more: the scopes are some of the user's and of the service's own, the audience
 * is the same or one service, it ends no later, and it keeps `sid` and `iat`, so that every revocation of the user's login,
 * and every change of the user's rights, ends it as well. The `sid` in `act` ends it with what the service has shown.
 * Throws invalid_request, invalid_grant, invalid_scope, invalid_target, unauthorized_client.
 */
export function createTokenExchange(options: {
  readonly verifier: Pick<Verifier, 'verify'>;
  readonly accessTokens: AccessTokens;
  /** Seconds. */
  readonly lifetimeSeconds: number;
  readonly audit: Pick<Audit, 'note'>;
  now(): number;
}): ExchangeToken {
  const { verifier, accessTokens, lifetimeSeconds, audit, now } = options;
  return async (client, form, by) => {
    if (!client.mayExchange) throw new OAuthError('unauthorized_client', 'The client may not act for users.');
    const subjectToken = subjectTokenOf(form);
    const subject = await verifier.verify(subjectToken).catch((cause: unknown) => {
      throw new OAuthError('invalid_grant', 'The subject token is not good, or not any more.', { cause });
    });
    if (client.site !== undefined && client.site !== subject.site) {
      throw new OAuthError('invalid_target', 'The subject token is for another site than the client.');
    }
    const audience = narrowedAudience(subject.audience, form.get('audience'));
    const allowed = withoutRenewal(subject.scopes.filter((scope) => client.scopes.includes(scope)));
    const wanted = form.get('scope');
    const scopes = wanted === undefined ? allowed : requestedScopes(allowed, wanted);
    if (scopes.length === 0) throw new OAuthError('invalid_scope', 'User and client have no scope in common.');
    const act = actorsOf(client, subjectToken);

    const at = Math.floor(now() / 1_000);
    const expiresAt = Math.min(subject.expiresAt, at + lifetimeWithin(client.credential, at, lifetimeSeconds));
    if (expiresAt <= at)
      throw new OAuthError('invalid_grant', 'The subject token, or the secret of the client, has expired.');
    const details = { scopes, audience };
    await audit.note(
      { ...by, subject: subject.subject, actingParty: client.id, sessionId: subject.sessionId },
      { action: 'token.exchange', site: subject.site, target: subject.subject, details },
    );
    const token = await accessTokens.issue({
      subject: subject.subject,
      clientId: client.id,
      issuedAt: subject.issuedAt,
      lifetimeSeconds: expiresAt - subject.issuedAt,
      audience,
      scopes,
      site: subject.site,
      roles: subject.roles,
      sessionId: subject.sessionId,
      authTime: subject.authTime,
      amr: subject.amr.length > 0 ? subject.amr : undefined,
      act,
    });
    return { ...token, expiresIn: expiresAt - at };
  };
}

function subjectTokenOf(form: ReadonlyMap<string, string>): string {
  const subjectToken = form.get('subject_token');
  const type = form.get('subject_token_type');
  const requested = form.get('requested_token_type') ?? ACCESS_TOKEN_TYPE;
  if (subjectToken === undefined || type === undefined) {
    throw new OAuthError('invalid_request', 'subject_token and subject_token_type are needed.');
  }
  if (![ACCESS_TOKEN_TYPE, JWT_TYPE].includes(type) || ![ACCESS_TOKEN_TYPE, JWT_TYPE].includes(requested)) {
    throw new OAuthError('invalid_request', 'Only access tokens can be exchanged, and only for access tokens.');
  }
  if (form.has('actor_token')) {
    throw new OAuthError('invalid_request', 'The client that authenticates is the actor; actor_token is not taken.');
  }
  return subjectToken;
}

/** The same, or one service out of the whole suite. */
function narrowedAudience(held: readonly string[], wanted: string | undefined): string {
  const [first = SUITE_AUDIENCE] = held;
  if (wanted === undefined || held.includes(wanted)) return wanted ?? first;
  if (held.includes(SUITE_AUDIENCE) && serviceAudiences.includes(wanted)) return wanted;
  throw new OAuthError('invalid_target', 'The subject token is not good for this audience.');
}

/** The client in front of those who acted before it (RFC 8693 §4.1). */
function actorsOf({ id, credential }: AuthenticatedClient, verifiedToken: string): ActClaim {
  const before = decodeJwt<{ readonly act?: ActClaim }>(verifiedToken).act;
  let depth = 1;
  for (let actor = before; actor !== undefined; actor = actor.act) depth += 1;
  if (depth > MAX_ACTORS) throw new OAuthError('invalid_request', 'Too many services act for the user in turn.');
  const { sessionId: sid } = credential;
  return { sub: id, ...(sid !== undefined && { sid }), ...(before !== undefined && { act: before }) };
}
