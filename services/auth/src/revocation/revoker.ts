import type { Revocation, State } from '@gaia/state/state';
import { revocationExpiry } from '@gaia/token-guard/revocation-set';

export interface Revoker {
  /** Ends a login: its refresh tokens and, within a second everywhere, its access tokens. May be repeated. */
  endSession(sessionId: string): Promise<void>;
  /** Makes all access tokens that the user holds now invalid; refresh tokens fetch new ones with the present rights. */
  revokeTokensOf(subject: string): Promise<void>;
  /** Ends all logins of a user. */
  endAllSessions(subject: string): Promise<void>;
  /** Makes one access token invalid. */
  revokeToken(tokenId: string): Promise<void>;
  /** Makes everything invalid that a key has signed. */
  revokeKey(keyId: string): Promise<void>;
  /** Makes everything invalid that was issued before now. */
  revokeEverything(): Promise<void>;
}

const COLLECTION = 'ended-session';

export interface RevokerOptions {
  readonly state: Pick<State, 'families' | 'revocations' | 'records'>;
  /** For how long verifiers use keys without hearing of this service, in seconds. */
  readonly keysMaxStaleSeconds: number;
  now(): number;
  /** Told of every revocation as soon as the feed holds it. */
  onRevocation?(revocation: Revocation): void;
}

export function createRevoker({ state, keysMaxStaleSeconds, now, onRevocation }: RevokerOptions): Revoker {
  const limits = { longestTokenSeconds: MAX_ACCESS_TOKEN_SECONDS, keysMaxStaleSeconds };

  async function append(revocation: Revocation, at: number): Promise<number> {
    const end = revocationExpiry(revocation, at, limits);
    await state.revocations.append(revocation, end, at);
    onRevocation?.(revocation);
    return end;
  }

  /** Marks what has been announced, so that a stale token sent again and again does not fill the feed. */
  async function announceEnd(sid: string): Promise<void> {
    const at = now();
    if ((await state.records.get(COLLECTION, sid, at)) !== undefined) return;
    const end = await append({ kind: 'sid', id: sid }, at);
    await state.records.set(COLLECTION, sid, true, end, at);
  }

  async function revokeTokensOf(id: string): Promise<void> {
    const at = now();
    await append({ kind: 'sub', id, notBefore: nextSecond(at) }, at);
  }

  return {
    // The feed first: if the second step fails, nothing lives on unseen and the caller can repeat it.
    endSession: async (sessionId) => {
      await announceEnd(sessionId);
      await state.families.end(sessionId, now());
    },
    revokeTokensOf,
    endAllSessions: async (subject) => {
      await revokeTokensOf(subject);
      for (const family of await state.families.listBySubject(subject, now())) {
        // By name as well: what the user has minted for others carries the session, and not the user as its subject.
        await announceEnd(family.sid);
        await state.families.end(family.sid, now());
      }
    },
    revokeToken: async (id) => {
      await append({ kind: 'jti', id }, now());
    },
    revokeKey: async (id) => {
      await append({ kind: 'kid', id }, now());
    },
    revokeEverything: async () => {
      const at = now();
      await append({ kind: 'all', notBefore: nextSecond(at) }, at);
    },
  };
}

/** `iat` is in whole seconds: everything issued up to now lies below the next one. */
function nextSecond(at: number): number {
  return Math.floor(at / 1_000) + 1;
}

/** Longest life of an access token, in seconds: revocations need not be remembered for longer. */
export const MAX_ACCESS_TOKEN_SECONDS = 1_800;
