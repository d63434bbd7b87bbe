import type { FamilyStore } from '@gaia/state/state';
import type { ReadFacts } from '../access/account-facts.ts';
import { type SiteAccess, sessionAccess } from '../access/site-access.ts';
import type { Actor } from '../audit/actor.ts';
import type { Audit } from '../audit/audit.ts';
import { problem, refuseToken } from '../errors.ts';
import type { Revoker } from '../revocation/revoker.ts';
import type { IatClock } from '../tokens/iat-clock.ts';
import type { RefreshTokens } from '../tokens/refresh-tokens.ts';
import { keyDigest } from './idempotency-key.ts';
import type { Sessions, TokenResponse } from './sessions.ts';

export interface RefreshOptions {
  readonly readFacts: ReadFacts;
  readonly families: Pick<FamilyStore, 'rotate' | 'get'>;
  readonly refreshTokens: RefreshTokens;
  readonly sessions: Sessions;
  readonly revoker: Pick<Revoker, 'endSession'>;
  readonly iatClock: IatClock;
  readonly graceMs: number;
  readonly idleMs: number;
  readonly audit: Pick<Audit, 'note'>;
  /** Seconds that the next access token is to live: each a little less, so that clients do not refresh in step. */
  lifetimeSeconds(): number;
  now(): number;
  /** Told of a family that ended because one of its tokens came twice. */
  onReuse(event: { sid: string; sub: string }): void;
}

export interface RefreshRequest {
  /** Some of the user's rights (RFC 6749 §6); all unless given. */
  readonly scopes?: readonly string[] | undefined;
  /** Names the request: repeated with it, a request whose response was lost gets the same successor. */
  readonly idempotencyKey?: string | undefined;
}

export type Refresh = (refreshToken: string, by: Actor, request?: RefreshRequest) => Promise<TokenResponse>;

/**
 * Exchanges a refresh token for new tokens with the user's present rights.
 * Refuses with token_malformed, token_invalid, token_expired (`idle`, `session_over`) and token_revoked, whose cause is
 * `session_ended`, `reuse_detected`, `user_disabled` or `not_a_member`; token_invalid with cause `superseded` where the
 * sender of an earlier refresh repeats it too late, which ends nothing; invalid_scope for rights that the user has not.
 */
export function createRefresh(options: RefreshOptions): Refresh {
  const { readFacts, families, refreshTokens, sessions, revoker, iatClock, audit, graceMs, idleMs, now } = options;

  async function rightsOn(subject: string, site: string | undefined, sid: string) {
    const facts = await readFacts({ user: subject, site });
    if (facts === undefined || facts.disabled) {
      await revoker.endSession(sid);
      throw refuseToken('token_revoked', 'user_disabled');
    }
    return { user: facts.user, access: sessionAccess(facts, site) };
  }

  return async (refreshToken, by, { scopes, idempotencyKey } = {}) => {
    const claims = await refreshTokens.verify(refreshToken);
    const { sessionId: sid, sequence, subject } = claims;
    const issuedAt = await iatClock.next(subject);
    // Read before the token is used up: while the database is away nobody loses a session over it.
    let site = claims.site;
    let { user, access } = await rightsOn(subject, site, sid);
    if (access === undefined) {
      // Perhaps the session has moved to another site since this token was made.
      site = (await families.get(sid, now()))?.site;
      if (site !== claims.site) ({ user, access } = await rightsOn(subject, site, sid));
    }
    let granted = narrowed(access, scopes);
    const rotation = await families.rotate({
      sid,
      sequence,
      keyDigest: idempotencyKey === undefined ? undefined : keyDigest(sid, sequence, idempotencyKey),
      graceMs,
      idleMs,
      now: now(),
    });
    if (rotation.outcome === 'reused') {
      options.onReuse({ sid, sub: subject });
      await revoker.endSession(sid);
      const session = { ...by, subject, sessionId: sid };
      await audit.note(session, { action: 'session.reuse', outcome: 'refused', site: claims.site, target: subject });
      throw refuseToken('token_revoked', 'reuse_detected');
    }
    if (rotation.outcome === 'ended') {
      await revoker.endSession(sid);
      throw refuseToken('token_revoked', 'session_ended');
    }
    if (rotation.outcome === 'superseded') throw refuseToken('token_invalid', 'superseded');
    const { family } = rotation;
    if (family.site !== site) {
      ({ user, access } = await rightsOn(subject, family.site, sid));
      granted = narrowed(access, scopes);
    }
    return sessions.issueTokens(family, user, granted, issuedAt, options.lifetimeSeconds());
  };
}

function narrowed(access: SiteAccess | undefined, scopes: readonly string[] | undefined): SiteAccess {
  if (access === undefined) throw refuseToken('token_revoked', 'not_a_member');
  if (scopes === undefined) return access;
  if (!scopes.every((scope) => access.scopes.includes(scope))) throw problem('invalid_scope');
  return { ...access, scopes };
}
