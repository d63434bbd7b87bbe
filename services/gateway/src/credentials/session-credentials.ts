import type { Revocations } from '@gaia/token-guard/revocations';
import type { Identity } from '@gaia/tokens/identity';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../caller/caller.ts';
import { isSafeMethod, requireCsrfToken } from '../csrf/csrf-token.ts';
import { requireSameOrigin } from '../csrf/request-origin.ts';
import type { AskedFor } from '../sessions/auth-client.ts';
import type { Renewal } from '../sessions/renewal.ts';
import { identityOf, type Session, type SessionTokens } from '../sessions/session.ts';
import type { SessionCookie } from '../sessions/session-cookie.ts';
import type { SessionStore } from '../sessions/session-store.ts';

/** What a session lends to one request. */
interface SessionCredential {
  /** Undefined where there is no living session (any more): the request then goes on without a caller. */
  accessToken(): string | undefined;
  /** When the user has authenticated, in seconds; undefined where there is no living session. */
  authTime(): number | undefined;
  /** Id of the user whose session it is. */
  user(): string | undefined;
  /**
   * A service has refused the token. True where the session has another one now, to be tried once;
   * where its family has ended, so has the session.
   */
  onRefused(challenge: string): Promise<boolean>;
  /** The session's access token as it is later, renewed where it must be; undefined where the session has ended. */
  renewed(): Promise<string | undefined>;
  /** What the browser must be told where the session has got another id: the Set-Cookie value and its CSRF token. */
  newId(): { readonly setCookie: string; readonly csrfToken: string } | undefined;
  /** Set-Cookie values for the answer: the cookie of a session that has ended is cleared. */
  setCookies(): readonly string[];
}

export interface SessionCredentials {
  /**
   * The credential of a request that brings a cookie and no Authorization header. An unsafe method needs the session's
   * CSRF token and the same origin. Refuses: csrf_token_missing, csrf_token_invalid, cross_site_refused.
   */
  resolve(from: {
    readonly request: FastifyRequest;
    readonly cookieHeader: string | undefined;
    readonly caller: Caller;
    /** Method of what is asked for, where that is another request than this one. */
    readonly method?: string;
    /** Whether the request changes what the session stands for, which then gets another id. */
    readonly changesPrivilege?: boolean;
  }): Promise<SessionCredential | undefined>;
  /** The living session of a cookie, its tokens renewed where they must be. */
  find(from: {
    readonly cookie: string;
    readonly caller: Caller;
    readonly askedFor: AskedFor;
  }): Promise<Session | undefined>;
}

export interface SessionCredentialsOptions {
  readonly sessions: SessionStore;
  readonly cookie: SessionCookie;
  readonly renewal: Renewal;
  readonly revocations: Pick<Revocations, 'reasonToRefuse'>;
  readonly now: () => number;
  readonly onError: (error: unknown, message: string) => void;
}

/** Tokens are renewed this long before they expire, or in the last fifth of a shorter life. */
const AHEAD_MS = 60_000;
/** A token that was fetched because of a refusal and is refused again within this time is not at fault. */
const REFUSED_AGAIN_MS = 5_000;

/** Hybrid authentication, the browser's half: from session cookie to access token. */
export function createSessionCredentials(options: SessionCredentialsOptions): SessionCredentials {
  const { sessions, cookie, renewal, revocations, now } = options;

  const identities = new WeakMap<SessionTokens, Identity>();

  function identityOfSession({ tokens }: Session): Identity | undefined {
    const known = identities.get(tokens);
    if (known !== undefined) return known;
    const identity = identityOf(tokens.accessToken);
    if (identity !== undefined) identities.set(tokens, identity);
    return identity;
  }

  async function find(from: { cookie: string; caller: Caller; askedFor: AskedFor }): Promise<Session | undefined> {
    const session = await sessions.find(from.cookie, from.caller.host.name);
    if (session === undefined) return undefined;
    const identity = identityOfSession(session);
    const revoked = identity === undefined ? undefined : revocations.reasonToRefuse(identity);
    if (revoked === 'session_ended') {
      await sessions.end(session);
      return undefined;
    }
    const { accessIssuedAt, accessExpiresAt } = session.tokens;
    if (revoked !== undefined) return renewal.renew(session, 'refusal', from.askedFor);
    if (now() >= accessExpiresAt) return renewal.renew(session, 'age', from.askedFor);
    const ahead = Math.min(AHEAD_MS, (accessExpiresAt - accessIssuedAt) / 5);
    if (now() >= accessExpiresAt - ahead) {
      // Still good: nobody waits, and auth may be away for a while.
      renewal
        .renew(session, 'age', from.askedFor)
        .catch((error) => options.onError(error, 'a session was not renewed'));
    }
    return session;
  }

  return {
    find,
    async resolve({ request, cookieHeader, caller, method = request.method, changesPrivilege = false }) {
      const value = cookie.read(cookieHeader, caller);
      if (value === undefined || value === '') return undefined;
      const askedFor = { caller, requestId: request.id, userAgent: request.headers['user-agent'] };
      let session = await find({ cookie: value, caller, askedFor });
      const wasLiving = session !== undefined;
      let newId: { setCookie: string; csrfToken: string } | undefined;
      if (session !== undefined && !isSafeMethod(method)) {
        requireSameOrigin(request.raw.headers, caller);
        requireCsrfToken(request.raw.headers['x-csrf-token'], sessions.csrfTokenOf(session));
        if (changesPrivilege) {
          // Before the request goes on: whatever becomes of it, who else knew the old id is out when it takes effect.
          const changed = await renewal.changeId(session);
          session = changed?.session;
          newId = changed && {
            setCookie: cookie.write(changed.cookie, changed.session, caller),
            csrfToken: sessions.csrfTokenOf(changed.session),
          };
        }
      }
      return {
        // Methods, not getters: an object with getters of its own costs V8 a hidden class, for every request.
        accessToken: () => session?.tokens.accessToken,
        authTime: () => (session === undefined ? undefined : identityOfSession(session)?.authTime),
        user: () => session?.user.id,
        async onRefused(challenge) {
          if (session === undefined || !challenge.includes('invalid_token')) return false;
          const { cause, accessIssuedAt } = session.tokens;
          if (cause === 'refusal' && now() - accessIssuedAt < REFUSED_AGAIN_MS) return false;
          try {
            session = await renewal.renew(session, 'refusal', askedFor);
          } catch (error) {
            options.onError(error, 'a refused session was not renewed');
            return false;
          }
          return session !== undefined;
        },
        renewed: async () => (await find({ cookie: value, caller, askedFor }))?.tokens.accessToken,
        newId: () => newId,
        setCookies: () => (session === undefined || !wasLiving ? [cookie.clear(caller)] : []),
      };
    },
  };
}
