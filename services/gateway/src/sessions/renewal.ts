import type { RecordStore } from '@gaia/state/state';
import type { AskedFor, AuthClient } from './auth-client.ts';
import type { Session, SessionTokens } from './session.ts';
import type { SessionChanges, SessionStore } from './session-store.ts';

export interface RenewalOptions {
  readonly sessions: SessionStore;
  readonly auth: Pick<AuthClient, 'refresh'>;
  readonly locks: Pick<RecordStore, 'add' | 'delete'>;
  readonly now: () => number;
  /** Resolves after so many milliseconds. */
  readonly sleep: (ms: number) => Promise<void>;
}

export interface Renewal {
  /** The session with tokens other than it has now; undefined where its family has ended, and the session with it. */
  renew(session: Session, cause: SessionTokens['cause'], askedFor: AskedFor): Promise<Session | undefined>;
  /**
   * The session under another id, with what `change` says of it as it is then; undefined where it has ended. At every
   * change of privilege: who knew the id before must not have what it stands for now (session fixation).
   */
  changeId(
    session: Session,
    change?: (current: Session) => Promise<SessionChanges>,
  ): Promise<{ readonly cookie: string; readonly session: Session } | undefined>;
}

const LOCKS = 'gateway-renewals';
const LOCK_MS = 12_000;
const WAIT_MS = 50;

/**
 * Fetches a session's next tokens, once however many requests of however many replicas want them: within the process
 * they share one promise, across processes one record is the lock and who does not get it waits for the tokens.
 */
export function createRenewal({ sessions, auth, locks, now, sleep }: RenewalOptions): Renewal {
  const underWay = new Map<string, Promise<Session | undefined>>();
  const tryLock = ({ key }: Session): Promise<boolean> => locks.add(LOCKS, key, true, now() + LOCK_MS, now());
  const unlock = ({ key }: Session): Promise<unknown> => locks.delete(LOCKS, key);

  async function renewUnderLock(
    session: Session,
    cause: SessionTokens['cause'],
    askedFor: AskedFor,
  ): Promise<Session | undefined> {
    const giveUpAt = now() + LOCK_MS + 1_000;
    while (!(await tryLock(session))) {
      await sleep(WAIT_MS);
      const current = await sessions.reload(session);
      if (current === undefined || current.tokens.accessToken !== session.tokens.accessToken) return current;
      if (now() > giveUpAt) return current;
    }
    try {
      const current = await sessions.reload(session);
      if (current === undefined || current.tokens.accessToken !== session.tokens.accessToken) return current;
      const tokens = await auth.refresh(current.tokens.refreshToken, cause, askedFor);
      if (tokens !== undefined) return await sessions.replaceTokens(current, tokens);
      await sessions.end(current);
      return undefined;
    } finally {
      await unlock(session);
    }
  }

  return {
    renew(session, cause, askedFor) {
      const running = underWay.get(session.key);
      if (running !== undefined) return running;
      const renewed = renewUnderLock(session, cause, askedFor).finally(() => underWay.delete(session.key));
      underWay.set(session.key, renewed);
      return renewed;
    },
    // Under the same lock: tokens that are fetched meanwhile would be stored under the id that is gone.
    async changeId(session, change) {
      while (!(await tryLock(session))) await sleep(WAIT_MS);
      try {
        const current = await sessions.reload(session);
        if (current === undefined) return undefined;
        return await sessions.changeId(current, await change?.(current));
      } finally {
        await unlock(session);
      }
    },
  };
}
