import type { RecordStore } from '@gaia/state/state';
import type { AuthClient, Requester } from '../auth-client/auth-client.ts';
import type { SessionTokens } from '../auth-client/tokens.ts';
import type { TokenRecords, TokensOwner } from './token-records.ts';

export interface TokenRefreshOptions {
  readonly tokenRecords: TokenRecords;
  readonly auth: Pick<AuthClient, 'refresh'>;
  readonly locks: Pick<RecordStore, 'add' | 'delete'>;
  readonly now: () => number;
  /** Resolves after so many milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
}

export interface TokenRefresh {
  /** Other tokens than `used`, which stand for them from then on; undefined where the family has ended. */
  refresh(
    owner: TokensOwner,
    used: SessionTokens,
    cause: SessionTokens['cause'],
    requester: Requester,
  ): Promise<SessionTokens | undefined>;
  /** Does something with the tokens as they are, while nothing else refreshes them. */
  exclusively<T>(owner: TokensOwner, act: (current: SessionTokens | undefined) => Promise<T>): Promise<T>;
}

const LOCKS = 'gateway-token-refreshes';
const LOCK_MS = 12_000;
const WAIT_MS = 50;

/**
 * Fetches a session's next tokens, once however many requests of however many replicas want them: within the process
 * they share one promise, across processes one record is the lock and who does not get it waits for the tokens.
 */
export function createTokenRefresh({ tokenRecords, auth, locks, now, sleep }: TokenRefreshOptions): TokenRefresh {
  const underWay = new Map<string, Promise<SessionTokens | undefined>>();
  const tryLock = ({ tokensId }: TokensOwner): Promise<boolean> =>
    locks.add(LOCKS, tokensId, true, now() + LOCK_MS, now());
  const unlock = ({ tokensId }: TokensOwner): Promise<unknown> => locks.delete(LOCKS, tokensId);

  async function refreshUnderLock(
    owner: TokensOwner,
    used: SessionTokens,
    cause: SessionTokens['cause'],
    requester: Requester,
  ): Promise<SessionTokens | undefined> {
    const waitUntil = now() + LOCK_MS + 1_000;
    while (!(await tryLock(owner))) {
      await sleep(WAIT_MS);
      const current = await tokenRecords.reload(owner.tokensId);
      if (current?.accessToken !== used.accessToken || now() > waitUntil) return current;
    }
    try {
      const current = await tokenRecords.reload(owner.tokensId);
      if (current === undefined || current.accessToken !== used.accessToken) return current;
      const tokens = await auth.refresh(current.refreshToken, cause, requester);
      if (tokens === undefined) await tokenRecords.delete(owner.tokensId);
      else await tokenRecords.replace(owner, tokens);
      return tokens;
    } finally {
      await unlock(owner);
    }
  }

  return {
    refresh(owner, used, cause, requester) {
      const running = underWay.get(owner.tokensId);
      if (running !== undefined) return running;
      const refreshed = refreshUnderLock(owner, used, cause, requester).finally(() => underWay.delete(owner.tokensId));
      underWay.set(owner.tokensId, refreshed);
      return refreshed;
    },
    async exclusively(owner, act) {
      while (!(await tryLock(owner))) await sleep(WAIT_MS);
      try {
        return await act(await tokenRecords.reload(owner.tokensId));
      } finally {
        await unlock(owner);
      }
    },
  };
}
