import type { FastifyRequest } from 'fastify';
import type { BrowserLogin } from './session-records.ts';

/** The session of a request, as @fastify/session opened it. */
export interface RequestSessions {
  /** Whether the browser has sent a session's cookie, of whatever worth. */
  hasCookie(request: FastifyRequest): boolean;
  loginOf(request: FastifyRequest): BrowserLogin | undefined;
  /** Gives the request a session with another id and without login. False where the former one has ended meanwhile. */
  regenerate(request: FastifyRequest): Promise<boolean>;
  /** Puts a login into the request's new session and stores it. */
  save(request: FastifyRequest, login: BrowserLogin): Promise<void>;
  /** Takes the session off the request and leaves it in the store. */
  forget(request: FastifyRequest): void;
  /** The Set-Cookie values of a response that is streamed past Fastify, whose hooks then do not run. */
  setCookies(request: FastifyRequest): readonly string[];
}

/** Told by the store that an id to be ended has ended before. */
export class SessionEnded extends Error {}

export interface RequestSessionsOptions {
  readonly cookieName: string;
  readonly serializeCookie: (value: string, expires: Date | undefined) => string;
  readonly randomBytes: (size: number) => Buffer;
}

const SECRET_BYTES = 32;

export function createRequestSessions(options: RequestSessionsOptions): RequestSessions {
  const { cookieName, serializeCookie, randomBytes } = options;
  return {
    hasCookie: ({ cookies }) => cookies[cookieName] !== undefined,
    loginOf: ({ session }) => session.login,
    async regenerate(request) {
      const former = request.session;
      try {
        await former.regenerate();
        return true;
      } catch (error) {
        if (error instanceof SessionEnded) return false;
        // It is there still, and the browser must not lose its cookie.
        request.session = former;
        throw error;
      }
    },
    async save(request, login) {
      const { session } = request;
      session.login = login;
      session.csrfSecret = randomBytes(SECRET_BYTES).toString('base64url');
      if (login.remember) session.options({ expires: new Date(login.endsAt) });
      // At once, and not when the response is sent: it may be streamed past the hooks of Fastify.
      await session.save();
      // What the browser has from now on; with the former id there the plugin would clear the cookie in the same response.
      request.cookies[cookieName] = session.sessionId;
    },
    forget(request) {
      request.server.decryptSession('', request, () => {});
    },
    setCookies({ session, cookies }) {
      if (session.isSaved()) return [serializeCookie(session.sessionId, session.cookie.expires ?? undefined)];
      const brought = cookies[cookieName];
      return brought === undefined || brought === session.sessionId ? [] : [serializeCookie('', new Date(0))];
    },
  };
}
