import type { FamilyStore } from '@gaia/state/state';
import { siteAccess } from '../access/site-access.ts';
import { refuseToken } from '../errors.ts';
import type { CutOffs } from '../revocation/cut-offs.ts';
import type { IssueTimes } from '../tokens/issue-times.ts';
import type { RefreshTokens } from '../tokens/refresh-tokens.ts';
import type { AccountFacts, Accounts } from '../users/accounts.ts';
import type { Grant, Sessions } from './sessions.ts';

export interface RefreshOptions {
  readonly accounts: Pick<Accounts, 'facts'>;
  readonly families: Pick<FamilyStore, 'rotate'>;
  readonly refreshTokens: RefreshTokens;
  readonly sessions: Sessions;
  readonly cutOffs: Pick<CutOffs, 'endSession'>;
  readonly issueTimes: IssueTimes;
  readonly graceMs: number;
  readonly idleMs: number;
  now(): number;
  /** Told of a family that ended because one of its tokens came twice. */
  onReuse(event: { sid: string; sub: string }): void;
}

/**
 * Exchanges a refresh token for new tokens with the user's present rights.
 * Refuses with token_malformed, token_invalid, token_expired (`idle`, `session_over`) and token_revoked, whose cause is
 * `session_ended`, `reuse_detected`, `user_disabled` or `not_a_member`.
 */
export function createRefresh(options: RefreshOptions): (refreshToken: string) => Promise<Grant> {
  const { accounts, families, refreshTokens, sessions, cutOffs, issueTimes, graceMs, idleMs, now } = options;

  async function accessOn(facts: AccountFacts | undefined, site: string | undefined, sid: string) {
    if (facts === undefined || facts.disabled) {
      await cutOffs.endSession(sid);
      throw refuseToken('token_revoked', 'user_disabled');
    }
    const access = site === facts.site ? siteAccess(facts) : undefined;
    if (access === undefined) throw refuseToken('token_revoked', 'not_a_member');
    return access;
  }

  return async (refreshToken) => {
    const claims = refreshTokens.verify(refreshToken);
    const issuedAt = await issueTimes.next(claims.subject);
    // Read before the token is used up: while the database is away nobody loses a session over it.
    const facts = await accounts.facts(claims.subject, claims.site);
    const access = await accessOn(facts, claims.site, claims.sessionId);
    const rotation = await families.rotate({
      sid: claims.sessionId,
      sequence: claims.sequence,
      graceMs,
      idleMs,
      now: now(),
    });
    if (rotation.outcome === 'reused') options.onReuse({ sid: claims.sessionId, sub: claims.subject });
    if (rotation.outcome === 'reused' || rotation.outcome === 'ended') {
      await cutOffs.endSession(claims.sessionId);
      throw refuseToken('token_revoked', rotation.outcome === 'reused' ? 'reuse_detected' : 'session_ended');
    }
    const { family } = rotation;
    if (family.site === claims.site) return sessions.grant(family, access, issuedAt);
    // The session has moved to another site since this token was made.
    const moved = await accounts.facts(family.sub, family.site);
    return sessions.grant(family, await accessOn(moved, family.site, family.sid), issuedAt);
  };
}
