import type { FastifyRequest } from 'fastify';
import type { Caller } from '../caller/caller.ts';
import type { LanguageChoice } from '../caller/language-choice.ts';
import type { SessionCredentials } from '../credentials/session-credentials.ts';
import type { AskedFor, AuthClient } from './auth-client.ts';
import type { Renewal } from './renewal.ts';
import type { Session, SessionTokens, SessionUser } from './session.ts';
import type { SessionCookie } from './session-cookie.ts';
import type { SessionStore } from './session-store.ts';

/** How browsers come to sessions and lose them; whichever way they proved who they are. */
export interface SignIns {
  /** The living session of a request. */
  find(request: FastifyRequest, caller: Caller): Promise<Session | undefined>;
  /** The user of a session as auth knows them now, or as they were at sign-in while auth does not answer. */
  userOf(request: FastifyRequest, caller: Caller, session: Session): Promise<SessionUser>;
  /** A session of tokens that auth has given; whatever session the browser had at this host ends. */
  open(
    request: FastifyRequest,
    caller: Caller,
    tokens: SessionTokens,
    remember: boolean,
  ): Promise<{ readonly session: Session; readonly setCookie: string }>;
  /**
   * Gives a session another id after a change of privilege, and what auth says of its user now; `change` gives it other
   * tokens. Undefined where it has ended.
   */
  changeId(
    request: FastifyRequest,
    caller: Caller,
    session: Session,
    change?: (tokens: SessionTokens) => Promise<SessionTokens>,
  ): Promise<{ readonly session: Session; readonly setCookie: string } | undefined>;
  /** Gives a session another id and tokens with a new time of authentication. Auth's refusals; undefined where it has ended. */
  reauthenticate(
    request: FastifyRequest,
    caller: Caller,
    session: Session,
    password: string,
  ): Promise<{ readonly session: Session; readonly setCookie: string } | undefined>;
  /** Ends a session, and those of all sites of the same sign-on. */
  end(request: FastifyRequest, caller: Caller, session: Session): Promise<void>;
  askedFor(request: FastifyRequest, caller: Caller): AskedFor;
}

export interface SignInsOptions {
  readonly languageChoice: Pick<LanguageChoice, 'read'>;
  readonly auth: Pick<AuthClient, 'profile' | 'logOut' | 'endSignOn' | 'reauthenticate'>;
  readonly sessions: SessionStore;
  readonly cookie: SessionCookie;
  readonly renewal: Pick<Renewal, 'changeId'>;
  readonly credentials: Pick<SessionCredentials, 'find'>;
}

export function createSignIns(options: SignInsOptions): SignIns {
  const { languageChoice, auth, sessions, cookie, renewal, credentials } = options;
  const askedFor = (request: FastifyRequest, caller: Caller): AskedFor => ({
    caller,
    requestId: request.id,
    userAgent: request.headers['user-agent'],
    language: languageChoice.read(request.headers, caller),
  });

  /** Nobody holds the family's tokens any more if auth does not hear of it; it dies of itself. */
  async function tell(request: FastifyRequest, telling: Promise<void>): Promise<void> {
    try {
      await telling;
    } catch (error) {
      request.log.warn({ err: error }, 'auth was not told of the end of a session');
    }
  }

  /** The id changes at login whatever the browser brought (session fixation), and the former login ends. */
  async function endFormer(request: FastifyRequest, caller: Caller): Promise<void> {
    const former = cookie.read(request.headers.cookie, caller);
    const session = former === undefined ? undefined : await sessions.find(former, caller.host.name);
    if (session === undefined) return;
    await sessions.end(session);
    await tell(request, auth.logOut(session.tokens, askedFor(request, caller)));
  }

  const changeId: SignIns['changeId'] = async (request, caller, session, change) => {
    const changed = await renewal.changeId(session, async (current) => {
      const tokens = (await change?.(current.tokens)) ?? current.tokens;
      try {
        const { user } = await auth.profile(tokens, askedFor(request, caller));
        return { tokens, user };
      } catch (error) {
        // Those that the session holds are used up: showing them once more would end the login.
        if (tokens !== current.tokens) await sessions.replaceTokens(current, tokens);
        throw error;
      }
    });
    if (changed === undefined) return undefined;
    return { session: changed.session, setCookie: cookie.write(changed.cookie, changed.session, caller) };
  };

  return {
    askedFor,
    async find(request, caller) {
      const value = cookie.read(request.headers.cookie, caller);
      if (value === undefined) return undefined;
      return credentials.find({ cookie: value, caller, askedFor: askedFor(request, caller) });
    },
    async userOf(request, caller, session) {
      try {
        return (await auth.profile(session.tokens, askedFor(request, caller), session.user)).user;
      } catch (error) {
        request.log.warn({ err: error }, 'auth did not say who a user is now');
        return session.user;
      }
    },
    async open(request, caller, tokens, remember) {
      const { user } = await auth.profile(tokens, askedFor(request, caller));
      await endFormer(request, caller);
      const created = await sessions.create({ user, host: caller.host.name, tokens, remember });
      return { session: created.session, setCookie: cookie.write(created.cookie, created.session, caller) };
    },
    reauthenticate: (request, caller, session, password) =>
      changeId(request, caller, session, (tokens) => auth.reauthenticate(tokens, password, askedFor(request, caller))),
    changeId,
    async end(request, caller, session) {
      await sessions.end(session);
      await tell(request, auth.endSignOn(session.tokens, askedFor(request, caller)));
    },
  };
}
