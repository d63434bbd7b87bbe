import { hash } from 'node:crypto';
import type { TextSealer } from '@gaia/sealed-values/text-sealer';
import type { RecordStore } from '@gaia/state/state';
import type { Session, SessionTokens } from './session.ts';
import type { KeyedDigest } from './session-secrets.ts';

export interface SessionStoreOptions {
  readonly records: RecordStore;
  readonly sealer: TextSealer;
  readonly digest: KeyedDigest;
  readonly now: () => number;
  readonly randomBytes: (size: number) => Buffer;
  /** A session ends when it is not used for so long. */
  readonly idleMs: number;
  /** The same for one that is remembered. */
  readonly rememberedIdleMs: number;
  readonly absoluteMs: number;
  /** Whether sessions may be answered from memory: only while revocations are known to arrive. */
  readonly mayCache: () => boolean;
  /** Tells all replicas that an id has been given up; nobody needs to know of it for longer than `forMs`. */
  readonly giveUp: (key: string, forMs: number) => Promise<void>;
  readonly isGivenUp: (key: string) => boolean;
}

/** What can change of a session while it lives on. */
export type SessionChanges = Partial<Pick<Session, 'user' | 'tokens'>>;

export interface SessionStore {
  /** Stores a new session under a new id, whatever the browser brought along; `cookie` is what the browser gets. */
  create(session: Omit<Session, 'key' | 'createdAt' | 'endsAt'>): Promise<{ cookie: string; session: Session }>;
  /** The living session of a cookie at a host. */
  find(cookie: string, host: string): Promise<Session | undefined>;
  /** The session as the store has it now, memory left aside. */
  reload(session: Session): Promise<Session | undefined>;
  /** Gives a living session other tokens; what the session is then, or undefined if it has ended meanwhile. */
  replaceTokens(session: Session, tokens: SessionTokens): Promise<Session | undefined>;
  /**
   * Gives a living session another id; the one that it had is dead, here at once and at the other replicas as soon as the
   * revocation feed has told them. Undefined if the session has ended meanwhile.
   */
  changeId(session: Session, changes?: SessionChanges): Promise<{ cookie: string; session: Session } | undefined>;
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
  const idleMsOf = ({ remember }: Session): number => (remember ? options.rememberedIdleMs : options.idleMs);
  const seenEveryMs = (session: Session): number => Math.min(60_000, Math.floor(idleMsOf(session) / 4));

  async function save(session: Session): Promise<void> {
    const { key, ...kept } = session;
    const sealed = sealer.seal(JSON.stringify(kept), key);
    await records.set(SESSIONS, key, { sealed }, session.endsAt, now());
    remember(session);
  }

  async function noteUse(session: Session, at: number): Promise<void> {
    await records.set(SEEN, session.key, { at }, Math.min(at + idleMsOf(session), session.endsAt), at);
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

  async function saveNew(data: Omit<Session, 'key'>): Promise<{ cookie: string; session: Session }> {
    const cookie = options.randomBytes(COOKIE_BYTES).toString('base64url');
    const session = { ...data, key: keyOf(cookie) };
    await Promise.all([save(session), noteUse(session, now())]);
    return { cookie, session };
  }

  async function remove({ key }: Session): Promise<void> {
    cache.delete(key);
    await Promise.all([records.delete(SESSIONS, key), records.delete(SEEN, key)]);
  }

  return {
    create(data) {
      const createdAt = now();
      // A session without its login would be a promise that auth does not keep.
      const endsAt = Math.min(createdAt + options.absoluteMs, data.tokens.loginEndsAt ?? Number.POSITIVE_INFINITY);
      return saveNew({ ...data, createdAt, endsAt });
    },
    async find(cookie, host) {
      if (!cookieSyntax.test(cookie)) return undefined;
      const key = keyOf(cookie);
      const at = now();
      const cached = cache.get(key);
      if (cached !== undefined && at < cached.until && at < cached.session.endsAt && options.mayCache()) {
        return cached.session.host === host && !options.isGivenUp(key) ? cached.session : undefined;
      }
      cache.delete(key);
      const loaded = await load(key);
      // A cookie is good at the host that set it and nowhere else.
      if (loaded === undefined || loaded.session.host !== host) return undefined;
      if (at - loaded.seenAt >= seenEveryMs(loaded.session)) await noteUse(loaded.session, at);
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
    async changeId(session, changes = {}) {
      const current = await load(session.key);
      if (current === undefined) return undefined;
      const { key: _, ...kept } = current.session;
      const changed = await saveNew({ ...kept, ...changes });
      // Told first: where the others cannot hear of it, the request fails and the old id stays good everywhere.
      await options.giveUp(session.key, 2 * CACHE_MS);
      await remove(session);
      return changed;
    },
    end: remove,
    csrfTokenOf: (session) => options.digest('csrf', session.key),
  };
}

function keyOf(cookie: string): string {
  return hash('sha256', cookie, 'base64url');
}
