import { hash } from 'node:crypto';
import type { TextSealer } from '@gaia/sealed-values/text-sealer';
import type { RecordStore } from '@gaia/state/state';
import type { SessionUser } from '../auth-client/tokens.ts';
import { CACHE_MS, createRecordCache } from './record-cache.ts';
import type { RevokedSessionIds } from './revoked-session-ids.ts';

/** One browser's login at one host. Times in milliseconds since the epoch. */
export interface BrowserLogin {
  readonly host: string;
  /** As auth told when the session got its id: names can have changed since. */
  readonly user: SessionUser;
  /** Names the record of the login's tokens. */
  readonly tokensId: string;
  /** Whether it outlives the browser. */
  readonly remember: boolean;
  /** End of the session however much it is used. */
  readonly endsAt: number;
}

export interface StoredSession {
  readonly login: BrowserLogin;
  /** What the session's CSRF tokens are made from. */
  readonly csrfSecret: string;
}

export interface SessionRecords {
  /** The session of an id, while it lives. Notes that it is used. */
  load(id: string): Promise<StoredSession | undefined>;
  /** Stores a session under an id that none has had: what is stored never changes, so no replica overwrites another. */
  add(id: string, session: StoredSession): Promise<void>;
  /** Ends an id here and at every replica. True for one alone of those who end it at the same time. */
  end(id: string): Promise<boolean>;
}

export interface SessionRecordsOptions {
  readonly records: RecordStore;
  readonly sealer: TextSealer;
  readonly revokedIds: RevokedSessionIds;
  readonly now: () => number;
  /** A session ends when it is not used for so long. */
  readonly idleMs: number;
  /** The same for one that is remembered. */
  readonly rememberedIdleMs: number;
  readonly mayCache: () => boolean;
}

const SESSIONS = 'browser-sessions';
/** When a session was last used: apart, so that noting it writes no session back. */
const SEEN = 'browser-sessions-seen';

/** Browser sessions in the shared state, by the digest of their id, encrypted there. */
export function createSessionRecords(options: SessionRecordsOptions): SessionRecords {
  const { records, sealer, revokedIds, now } = options;
  const cache = createRecordCache<StoredSession>(options);
  const idleMsOf = ({ remember }: BrowserLogin): number => (remember ? options.rememberedIdleMs : options.idleMs);

  async function noteUse(key: string, login: BrowserLogin, at: number): Promise<void> {
    await records.set(SEEN, key, { at }, Math.min(at + idleMsOf(login), login.endsAt), at);
  }

  async function read(key: string, at: number): Promise<StoredSession | undefined> {
    const [record, seen] = await Promise.all([records.get(SESSIONS, key, at), records.get(SEEN, key, at)]);
    const text = sealer.open((record as { sealed?: unknown } | undefined)?.sealed, key);
    const seenAt = (seen as { at?: unknown } | undefined)?.at;
    if (text === undefined || typeof seenAt !== 'number') return undefined;
    const session = JSON.parse(text) as StoredSession;
    const { login } = session;
    // A record of a version before.
    if (login === undefined) return undefined;
    if (at - seenAt >= Math.min(60_000, idleMsOf(login) / 4)) await noteUse(key, login, at);
    return session;
  }

  return {
    async load(id) {
      const key = keyOf(id);
      const at = now();
      const cached = cache.get(key);
      const session = cached ?? (await read(key, at));
      if (session === undefined || session.login.endsAt <= at || revokedIds.isRevoked(key)) return undefined;
      if (cached === undefined) cache.set(key, session);
      return session;
    },
    async add(id, session) {
      const key = keyOf(id);
      const at = now();
      const sealed = sealer.seal(JSON.stringify(session), key);
      const [isNew] = await Promise.all([
        records.add(SESSIONS, key, { sealed }, session.login.endsAt, at),
        noteUse(key, session.login, at),
      ]);
      if (!isNew) throw new Error('a session id is used a second time');
      cache.set(key, session);
    },
    async end(id) {
      const key = keyOf(id);
      cache.delete(key);
      // Before the record goes: where the others cannot be told, the request fails and the id stays good everywhere.
      await revokedIds.revoke(key, 2 * CACHE_MS);
      const [wasThere] = await Promise.all([records.delete(SESSIONS, key), records.delete(SEEN, key)]);
      return wasThere;
    },
  };
}

/** A digest, so that a reader of the store cannot make cookies from it. */
function keyOf(id: string): string {
  return hash('sha256', id, 'base64url');
}
