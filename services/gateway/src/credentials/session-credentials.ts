import type { FastifyReply, FastifyRequest } from 'fastify';
import { isSafeMethod } from '../csrf/safe-methods.ts';
import type { BrowserSessions } from '../sessions/browser-sessions.ts';
import type { RequestSessions } from '../sessions/request-sessions.ts';

/** What a session lends to one request. */
export interface SessionCredential {
  /** Undefined where there is no living session (any more): the request then goes on without identity. */
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
  /** The session's access token as it is later, refreshed where it must be; undefined where the session has ended. */
  readonly renewed: () => Promise<string | undefined>;
  /** Set-Cookie values for a response that is streamed past Fastify: the new id of a session, or that it has ended. */
  setCookies(): readonly string[];
}

export interface SessionCredentials {
  /**
   * The credential of a request in the browser scope, whose CSRF token has been checked. Where an unsafe method
   * `changesPrivilege`, the session gets another id, and the response its new token in `x-csrf-token`. Undefined for a
   * request without a session's cookie.
   */
  resolve(
    request: FastifyRequest,
    reply: FastifyReply,
    options?: { readonly changesPrivilege: boolean },
  ): Promise<SessionCredential | undefined>;
}

export interface SessionCredentialsOptions {
  readonly sessions: BrowserSessions;
  readonly requestSessions: Pick<RequestSessions, 'hasCookie' | 'setCookies'>;
  readonly now: () => number;
}

/** A token that was fetched because of a refusal and is refused again within this time is not at fault. */
const REFUSED_AGAIN_MS = 5_000;

/** Hybrid authentication, the browser's half: from session cookie to access token. */
export function createSessionCredentials(options: SessionCredentialsOptions): SessionCredentials {
  const { sessions, requestSessions, now } = options;
  return {
    async resolve(request, reply, { changesPrivilege } = { changesPrivilege: false }) {
      if (!requestSessions.hasCookie(request)) return undefined;
      let session = await sessions.find(request);
      if (session !== undefined && changesPrivilege && !isSafeMethod(request.method)) {
        // Before the request goes on: whatever becomes of it, who else knew the old id is out when it takes effect.
        session = await sessions.changeId(request, session);
        if (session !== undefined) reply.header('x-csrf-token', reply.generateCsrf());
      }
      return {
        // Methods, not getters: an object with getters of its own costs V8 a hidden class, for every request.
        accessToken: () => session?.tokens.accessToken,
        authTime: () => session && sessions.identityOf(session)?.authTime,
        user: () => session?.login.user.id,
        async onRefused(challenge) {
          if (session === undefined || !challenge.includes('invalid_token')) return false;
          const { cause, accessIssuedAt } = session.tokens;
          if (cause === 'refusal' && now() - accessIssuedAt < REFUSED_AGAIN_MS) return false;
          try {
            session = await sessions.refreshRefused(request, session);
          } catch (error) {
            request.log.warn({ err: error }, 'refused tokens of a session are not refreshed');
            return false;
          }
          return session !== undefined;
        },
        renewed: sessions.laterAccessToken(request),
        setCookies: () => requestSessions.setCookies(request),
      };
    },
  };
}
