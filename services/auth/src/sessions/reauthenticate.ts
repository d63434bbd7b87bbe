import type { FamilyStore } from '@gaia/state/state';
import type { Identity } from '@gaia/tokens/identity';
import type { ReadFacts } from '../access/account-facts.ts';
import { sessionAccess } from '../access/site-access.ts';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import { problem, refuseToken } from '../errors.ts';
import type { RequireCurrentPassword } from '../passwords/current-password.ts';
import type { Revoker } from '../revocation/revoker.ts';
import type { IatClock } from '../tokens/iat-clock.ts';
import type { LoginAccounts } from '../users/login-accounts.ts';
import type { BeginFamily } from './begin-family.ts';
import { nextSessionId } from './session-id.ts';
import type { Sessions, TokenResponse } from './sessions.ts';

export interface ReauthenticateOptions {
  readonly requireCurrentPassword: RequireCurrentPassword;
  readonly accounts: Pick<LoginAccounts, 'credentialVersion'>;
  readonly readFacts: ReadFacts;
  readonly families: Pick<FamilyStore, 'get'>;
  readonly beginFamily: BeginFamily;
  readonly revoker: Pick<Revoker, 'endSession'>;
  readonly sessions: Pick<Sessions, 'issueTokens'>;
  readonly iatClock: Pick<IatClock, 'next'>;
  readonly audit: Pick<Audit, 'note'>;
  now(): number;
  randomId(): string;
}

export type Reauthenticate = (caller: Identity, by: Actor, password: string) => Promise<TokenResponse>;

/**
 * Tokens with a new `auth_time` for who shows the current password again. The session goes on under another id, as part of
 * the same sign-on and with the same end; tokens of the former id are revoked.
 * Throws wrong_password, rate_limited, forbidden, not_a_member, token_revoked.
 */
export function createReauthenticate(options: ReauthenticateOptions): Reauthenticate {
  const { requireCurrentPassword, accounts, readFacts, families, revoker, sessions, audit, now } = options;
  return async (caller, by, password) => {
    const user = await requireCurrentPassword(caller, by, password);
    if (caller.sessionId === undefined) throw problem('forbidden');
    const issuedAt = await options.iatClock.next(user.id);
    const source = await families.get(caller.sessionId, now());
    if (source === undefined || source.sub !== user.id) throw refuseToken('token_revoked', 'session_ended');
    const facts = await readFacts({ user: user.id, site: source.site });
    const access = facts && sessionAccess(facts, source.site);
    if (facts === undefined || access === undefined) throw problem('not_a_member');
    const at = now();
    const sid = nextSessionId(source.sid, options.randomId());
    const family = { ...source, sid, createdAt: at, sequence: 1, rotatedAt: at };
    await options.beginFamily(family, by);
    // What has ended the session, or changed the password, between the look and the creation has not seen the new one.
    const isStill = (await families.get(source.sid, now())) !== undefined;
    if (!isStill || (await accounts.credentialVersion(user.id)) !== user.credentialVersion) {
      await revoker.endSession(sid);
      throw refuseToken('token_revoked', 'session_ended');
    }
    await revoker.endSession(source.sid);
    const details = { opened: sid };
    await audit.note(by, { action: 'session.reauthenticate', site: source.site, target: user.id, details });
    return sessions.issueTokens(family, facts.user, access, issuedAt);
  };
}
