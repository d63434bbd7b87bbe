import type { FamilyStore } from '@gaia/state/state';
import type { Identity } from '@gaia/tokens/identity';
import type { ReadFacts } from '../access/account-facts.ts';
import { siteAccess } from '../access/site-access.ts';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import { problem, refuseToken } from '../errors.ts';
import { selfOf } from '../permissions/user-caller.ts';
import type { AccessToken } from '../tokens/access-tokens.ts';
import type { IatClock } from '../tokens/iat-clock.ts';
import type { RefreshTokens } from '../tokens/refresh-tokens.ts';
import type { Refresh } from './refresh.ts';
import type { Sessions, TokenResponse } from './sessions.ts';

export interface SwitchSiteOptions {
  readonly readFacts: ReadFacts;
  readonly families: Pick<FamilyStore, 'get' | 'setSite'>;
  readonly sessions: Pick<Sessions, 'access'>;
  readonly refreshTokens: Pick<RefreshTokens, 'verify'>;
  readonly refresh: Refresh;
  readonly iatClock: IatClock;
  readonly audit: Pick<Audit, 'note'>;
  now(): number;
}

export type SwitchSite = (
  caller: Identity,
  by: Actor,
  request: {
    readonly site: string;
    readonly refreshToken: string | undefined;
    /** As for a refresh. */
    readonly idempotencyKey?: string | undefined;
  },
) => Promise<(AccessToken & Pick<TokenResponse, 'user'>) | TokenResponse>;

/**
 * Moves the caller's login to another site of which the user is a member: an access token for it, and from now on every
 * refresh is for it. A new refresh token only goes to who shows the present one: otherwise a stolen access token, which
 * ends after minutes, would buy a session of weeks. Throws forbidden, not_a_member, token_invalid, token_revoked.
 */
export function createSwitchSite(options: SwitchSiteOptions): SwitchSite {
  const { readFacts, families, sessions, refreshTokens, iatClock, audit, now } = options;
  return async (caller, by, { site, refreshToken, idempotencyKey }) => {
    const user = selfOf(caller);
    const { sessionId } = caller;
    if (sessionId === undefined) throw problem('forbidden');
    if (refreshToken !== undefined && (await refreshTokens.verify(refreshToken)).sessionId !== sessionId) {
      throw refuseToken('token_invalid');
    }
    const issuedAt = await iatClock.next(user);
    const facts = await readFacts({ user, site });
    if (facts === undefined || facts.disabled) throw refuseToken('token_revoked', 'user_disabled');
    const access = facts.site === site ? siteAccess(facts) : undefined;
    if (access === undefined) throw problem('not_a_member');
    const family = await families.get(sessionId, now());
    if (family === undefined || !(await families.setSite(sessionId, site, now()))) {
      throw refuseToken('token_revoked', 'session_ended');
    }
    await audit.note(by, { action: 'session.switch', site, target: user, details: { from: family.site } });
    if (refreshToken !== undefined) return options.refresh(refreshToken, by, { idempotencyKey });
    return { ...(await sessions.access({ ...family, site }, access, issuedAt)), user: facts.user };
  };
}
