import type { Identity } from '@gaia/tokens/identity';
import type { ReadFacts } from '../access/account-facts.ts';
import { siteAccess } from '../access/site-access.ts';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import { problem } from '../errors.ts';
import type { LoginAccounts } from '../users/login-accounts.ts';
import { isUserId } from '../users/user.ts';
import type { AccessToken, AccessTokens } from './access-tokens.ts';
import { FIRST_PARTY_CLIENT } from './access-tokens.ts';
import { withoutRenewal } from './delegated-scopes.ts';
import type { IatClock } from './iat-clock.ts';

export interface MintRequest {
  /** Id, e-mail address or user name. */
  readonly user: string;
  readonly site: string;
  /** 1 to 1,800. */
  readonly ttlSeconds: number;
  /** Some of what the user may do; all of it if undefined. */
  readonly scope: string | undefined;
}

export type Mint = (caller: Identity, by: Actor, request: MintRequest) => Promise<AccessToken>;

/**
 * Makes an access token of a user for an administrator, who stands in it as `act`. It belongs to the administrator's session
 * and ends with it, and with what ends the user's tokens; it cannot be refreshed, does no more than the user can do on that site, and never makes further tokens.
 * Throws user_not_found, user_disabled, not_a_member, invalid_scope.
 */
export function createMint(options: {
  readonly accounts: Pick<LoginAccounts, 'findByLoginName'>;
  readonly readFacts: ReadFacts;
  readonly accessTokens: AccessTokens;
  readonly iatClock: IatClock;
  readonly audit: Pick<Audit, 'record'>;
}): Mint {
  const { accounts, readFacts, accessTokens, iatClock, audit } = options;
  return async (caller, by, { user, site, ttlSeconds, scope }) => {
    const id = isUserId(user) ? user : (await accounts.findByLoginName(user))?.id;
    if (id === undefined) throw problem('user_not_found');
    const issuedAt = await iatClock.next(id);
    const facts = await readFacts({ user: id, site });
    if (facts === undefined) throw problem('user_not_found');
    if (facts.disabled) throw problem('user_disabled');
    const access = facts.site === site ? siteAccess(facts) : undefined;
    if (access === undefined) throw problem('not_a_member');
    const allowed = withoutRenewal(access.scopes);
    const scopes = scope === undefined ? allowed : [...new Set(scope.split(' '))];
    if (!scopes.every((one) => allowed.includes(one))) throw problem('invalid_scope');
    // Before the token is there: nobody holds one that the log does not know of.
    await audit.record(by, { action: 'token.mint', site, target: id, details: { scopes, ttl_seconds: ttlSeconds } });
    return accessTokens.issue({
      subject: id,
      clientId: FIRST_PARTY_CLIENT,
      issuedAt,
      scopes,
      site,
      roles: access.roles,
      lifetimeSeconds: ttlSeconds,
      sessionId: caller.sessionId,
      act: { sub: caller.subject },
    });
  };
}
