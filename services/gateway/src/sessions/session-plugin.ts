import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import type { FastifyInstance } from 'fastify';
import type { CookieSettings } from '../cookies/cookie-settings.ts';
import { createRequestSessions, type RequestSessions, SessionEnded } from './request-sessions.ts';
import type { SessionRecords, StoredSession } from './session-records.ts';

declare module 'fastify' {
  interface Session {
    login?: StoredSession['login'];
    csrfSecret?: StoredSession['csrfSecret'];
  }
}

export interface SessionPluginOptions {
  readonly sessionRecords: SessionRecords;
  readonly cookies: CookieSettings;
  readonly cookieSecrets: string[];
  readonly randomBytes: (size: number) => Buffer;
}

const ID_BYTES = 32;
const idSyntax = /^[\w-]{43}$/;

/** Lets a scope open the session of each request's cookie. What has no login in it is never stored. */
export async function openSessions(scope: FastifyInstance, options: SessionPluginOptions): Promise<RequestSessions> {
  const { sessionRecords, cookies, randomBytes } = options;
  const cookieName = cookies.nameOf('gaia');
  await scope.register(fastifyCookie, { secret: options.cookieSecrets, parseOptions: cookies.attributes });
  await scope.register(fastifySession, {
    cookieName,
    cookie: { ...cookies.attributes },
    saveUninitialized: false,
    rolling: false,
    idGenerator: () => randomBytes(ID_BYTES).toString('base64url'),
    // An id of 256 random bits needs no signature, and the store knows only its digest.
    secret: {
      sign: (id) => id,
      unsign: (value) => ({ valid: idSyntax.test(value), value, renew: false }),
    },
    store: {
      get(id, done) {
        sessionRecords.load(id).then(
          (stored) => done(null, stored && { ...stored, cookie: { originalMaxAge: null } }),
          (error: unknown) => done(error),
        );
      },
      set(id, { login, csrfSecret }, done) {
        // `regenerate` stores the new session before there is a login in it.
        if (login === undefined || csrfSecret === undefined) return done();
        sessionRecords.add(id, { login, csrfSecret }).then(() => done(), done);
      },
      destroy(id, done) {
        sessionRecords.end(id).then((wasThere) => done(wasThere ? undefined : new SessionEnded()), done);
      },
    },
  });
  return createRequestSessions({
    cookieName,
    randomBytes,
    serializeCookie: (value, expires) =>
      scope.serializeCookie(cookieName, value, {
        ...cookies.attributes,
        ...(expires !== undefined && { expires }),
        ...(value === '' && { maxAge: 0 }),
      }),
  });
}
