import type { Revocation, State } from '@gaia/state/state';
import { revocationExpiry } from '@gaia/token-guard/revocation-set';

export interface CutOffs {
  /** Ends a login: its refresh tokens and, within a second everywhere, its access tokens. May be repeated. */
  endSession(sessionId: string): Promise<void>;
  /** Makes all access tokens that the user holds now invalid; refresh tokens fetch new ones with the present rights. */
  cutOffSubject(subject: string): Promise<void>;
  /** Ends all logins of a user. */
  endAllSessions(subject: string): Promise<void>;
  /** Makes one access token invalid. */
  cutOffToken(tokenId: string): Promise<void>;
  /** Makes everything invalid that a key has signed. */
  cutOffKey(keyId: string): Promise<void>;
  /** Makes everything invalid that was issued before now. */
  cutOffEverything(): Promise<void>;
}

const COLLECTION = 'ended-session';

export interface CutOffOptions {
  readonly state: Pick<State, 'families' | 'revocations' | 'records'>;
  /** For how long verifiers use keys without hearing of this service, in seconds. */
  readonly keysMaxStaleSeconds: number;
  now(): number;
  /** Told of every cut-off as soon as the feed holds it. */
  onCutOff?(cutOff: Revocation): void;
}

export function createCutOffs({ state, keysMaxStaleSeconds, now, onCutOff }: CutOffOptions): CutOffs {
  const limits = { longestTokenSeconds: MAX_ACCESS_TOKEN_SECONDS, keysMaxStaleSeconds };

  async function append(cutOff: Revocation, at: number): Promise<number> {
    const end = revocationExpiry(cutOff, at, limits);
    await state.revocations.append(cutOff, end, at);
    onCutOff?.(cutOff);
    return end;
  }

  /** Marks what has been announced, so that a stale token sent again and again does not fill the feed. */
  async function announceEnd(sid: string): Promise<void> {
    const at = now();
    if ((await state.records.get(COLLECTION, sid, at)) !== undefined) return;
    const end = await append({ kind: 'sid', id: sid }, at);
    await state.records.set(COLLECTION, sid, true, end, at);
  }

  async function cutOffSubject(id: string): Promise<void> {
    const at = now();
    await append({ kind: 'sub', id, notBefore: nextSecond(at) }, at);
  }

  return {
    // The feed first: if the second step fails, nothing lives on unseen and the caller can repeat it.
    endSession: async (sessionId) => {
      await announceEnd(sessionId);
      await state.families.end(sessionId, now());
    },
    cutOffSubject,
    endAllSessions: async (subject) => {
      await cutOffSubject(subject);
      for (const family of await state.families.listBySubject(subject, now())) {
        // By name as well: what the user has minted for others carries the session, and not the user as its subject.
        await announceEnd(family.sid);
        await state.families.end(family.sid, now());
      }
    },
    cutOffToken: async (id) => {
      await append({ kind: 'jti', id }, now());
    },
    cutOffKey: async (id) => {
      await append({ kind: 'kid', id }, now());
    },
    cutOffEverything: async () => {
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
