import { createHash } from 'node:crypto';
import type { RecordStore } from '@gaia/state/state';
import type { Sealer } from './seal.ts';
import type { Session, SessionTokens } from './session.ts';

export interface SessionStoreOptions {
  readonly records: RecordStore;
  readonly sealer: Sealer;
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
  readonly idleMs: number;
  readonly absoluteMs: number;
  /** Whether sessions may be answered from memory: only while revocations are known to arrive. */
  readonly mayCache: () => boolean;
}

export interface SessionStore {
  /** Stores a new session under a new id, whatever the browser brought along; `cookie` is what the browser gets. */
  create(session: Omit<Session, 'key' | 'createdAt' | 'endsAt'>): Promise<{ cookie: string; session: Session }>;
  /** The living session of a cookie at a host. */
  find(cookie: string, host: string): Promise<Session | undefined>;
  /** The session as the store has it now, memory left aside. */
  reload(session: Session): Promise<Session | undefined>;
  /** Gives a living session other tokens; what the session is then, or undefined if it has ended meanwhile. */
  replaceTokens(session: Session, tokens: SessionTokens): Promise<Session | undefined>;
  end(session: Session): Promise<void>;
  /** The token that a page of this session must show with requests that change something. */
  csrfTokenOf(session: Session): string;
}

const SESSIONS = 'gateway-sessions';
/** When a session was last used. Apart, so that noting it can never overwrite tokens that another replica has fetched. */
const SEEN = 'gateway-sessions-seen';
const COOKIE_BYTES = 32;
const cookieSyntax = /^[\w-]{43}$/;
const CACHE_MS = 10_000;
const CACHE_CAPACITY = 20_000;

/**
 * Browser sessions in the shared state, encrypted there. Not @fastify/session: the cookie's name depends on the
 * connection (`__Host-` on https), a request with an Authorization header must open no session at all, and idle life must
 * be noted without writing the tokens back.
 */
export function createSessionStore(options: SessionStoreOptions): SessionStore {
  const { records, sealer, now } = options;
  const cache = new Map<string, { session: Session; until: number }>();
  const seenEveryMs = Math.min(60_000, Math.floor(options.idleMs / 4));

  async function save(session: Session): Promise<void> {
    const { key, ...kept } = session;
    const sealed = sealer.seal(JSON.stringify(kept), key);
    await records.set(SESSIONS, key, { sealed }, session.endsAt, now());
    remember(session);
  }

  async function noteUse(session: Session, at: number): Promise<void> {
    await records.set(SEEN, session.key, { at }, Math.min(at + options.idleMs, session.endsAt), at);
  }

  async function load(key: string): Promise<{ session: Session; seenAt: number } | undefined> {
    const at = now();
    const [record, seen] = await Promise.all([records.get(SESSIONS, key, at), records.get(SEEN, key, at)]);
    const text = sealer.open((record as { sealed?: unknown } | undefined)?.sealed, key);
    const seenAt = (seen as { at?: unknown } | undefined)?.at;
    if (text === undefined || typeof seenAt !== 'number') return undefined;
    const session: Session = { ...(JSON.parse(text) as Omit<Session, 'key'>), key };
    return session.endsAt > at ? { session, seenAt } : undefined;
  }

  function remember(session: Session): void {
    cache.delete(session.key);
    cache.set(session.key, { session, until: now() + CACHE_MS });
    if (cache.size > CACHE_CAPACITY) cache.delete(cache.keys().next().value as string);
  }

  return {
    async create(data) {
      const cookie = options.randomBytes(COOKIE_BYTES).toString('base64url');
      const createdAt = now();
      const session = { ...data, key: keyOf(cookie), createdAt, endsAt: createdAt + options.absoluteMs };
      await Promise.all([save(session), noteUse(session, createdAt)]);
      return { cookie, session };
    },
    async find(cookie, host) {
      if (!cookieSyntax.test(cookie)) return undefined;
      const key = keyOf(cookie);
      const at = now();
      const cached = cache.get(key);
      if (cached !== undefined && at < cached.until && at < cached.session.endsAt && options.mayCache()) {
        return cached.session.host === host ? cached.session : undefined;
      }
      cache.delete(key);
      const loaded = await load(key);
      // A cookie is good at the host that set it and nowhere else.
      if (loaded === undefined || loaded.session.host !== host) return undefined;
      if (at - loaded.seenAt >= seenEveryMs) await noteUse(loaded.session, at);
      remember(loaded.session);
      return loaded.session;
    },
    async reload(session) {
      return (await load(session.key))?.session;
    },
    async replaceTokens(session, tokens) {
      const current = await load(session.key);
      if (current === undefined) return undefined;
      const replaced = { ...current.session, tokens };
      await save(replaced);
      return replaced;
    },
    async end(session) {
      cache.delete(session.key);
      await Promise.all([records.delete(SESSIONS, session.key), records.delete(SEEN, session.key)]);
    },
    csrfTokenOf: (session) => sealer.digest('csrf', session.key),
  };
}

function keyOf(cookie: string): string {
  return createHash('sha256').update(cookie).digest('base64url');
}
