import type { Revocations } from '@gaia/token-guard/revocations';
import type { Identity } from '@gaia/tokens/identity';
import type { FastifyRequest } from 'fastify';
import type { AuthClient, Requester } from '../auth-client/auth-client.ts';
import { identityOf, type SessionTokens, type SessionUser, type TokenResponse } from '../auth-client/tokens.ts';
import type { ClientInfoOf } from '../client/client-info.ts';
import type { LanguageChoice } from '../cookies/language-choice.ts';
import type { RequestSessions } from './request-sessions.ts';
import type { BrowserLogin, SessionRecords } from './session-records.ts';
import type { TokenRecords } from './token-records.ts';
import type { TokenRefresh } from './token-refresh.ts';

/** A session that lives, and the tokens that it has at this moment. */
export interface BrowserSession {
  readonly login: BrowserLogin;
  readonly tokens: SessionTokens;
}

/** How browsers come to sessions and lose them, however their users have authenticated. */
export interface BrowserSessions {
  /** The living session of a request, its tokens refreshed where they must be. What has ended is taken off the request. */
  find(request: FastifyRequest): Promise<BrowserSession | undefined>;
  /** What the access token of a session claims. */
  identityOf(session: BrowserSession): Identity | undefined;
  /** Other tokens for a session whose access token was refused; undefined where its login has ended, and so it. */
  refreshRefused(request: FastifyRequest, session: BrowserSession): Promise<BrowserSession | undefined>;
  /** What gives the access token of a request's session later on; undefined where the session has ended. */
  laterAccessToken(request: FastifyRequest): () => Promise<string | undefined>;
  /** The user as auth knows them now, or as they were when the session got its id while auth does not answer. */
  userOf(request: FastifyRequest, session: BrowserSession): Promise<SessionUser>;
  /** A session of tokens that auth has given; the one that the browser had at this host ends. */
  open(request: FastifyRequest, response: TokenResponse, remember: boolean): Promise<BrowserSession>;
  /** Gives a session another id, after a change of privilege. Undefined where it has ended. */
  changeId(
    request: FastifyRequest,
    session: BrowserSession,
    changes?: Partial<TokenResponse>,
  ): Promise<BrowserSession | undefined>;
  /** Gives a session the tokens that `fetch` brings for those it has, and another id. Auth's refusals. */
  changeTokens(
    request: FastifyRequest,
    session: BrowserSession,
    fetch: (tokens: SessionTokens) => Promise<TokenResponse>,
  ): Promise<BrowserSession | undefined>;
  /** Ends the session of a request if there is one, and those of all sites of the same login. */
  end(request: FastifyRequest): Promise<void>;
  requesterOf(request: FastifyRequest): Requester;
}

export interface BrowserSessionsOptions {
  readonly auth: Pick<AuthClient, 'profile' | 'logOut' | 'endSignOn'>;
  readonly requestSessions: RequestSessions;
  readonly sessionRecords: Pick<SessionRecords, 'load'>;
  readonly tokenRecords: TokenRecords;
  readonly tokenRefresh: TokenRefresh;
  readonly revocations: Pick<Revocations, 'reasonToRefuse'>;
  readonly clientInfoOf: ClientInfoOf;
  readonly languageChoice: Pick<LanguageChoice, 'read'>;
  /** A session ends after this time, in milliseconds, however much it is used. */
  readonly absoluteMs: number;
  readonly now: () => number;
}

/** Tokens are refreshed this long before they expire, or in the last fifth of a shorter life. */
const AHEAD_MS = 60_000;

export function createBrowserSessions(options: BrowserSessionsOptions): BrowserSessions {
  const { auth, requestSessions, tokenRecords, tokenRefresh, revocations, clientInfoOf, languageChoice, now } = options;
  const identities = new WeakMap<SessionTokens, Identity>();

  const requesterOf = (request: FastifyRequest): Requester => ({
    client: clientInfoOf(request),
    requestId: request.id,
    userAgent: request.headers['user-agent'],
    language: languageChoice.read(request),
  });

  function identityOfTokens(tokens: SessionTokens): Identity | undefined {
    const known = identities.get(tokens);
    if (known !== undefined) return known;
    const identity = identityOf(tokens.accessToken);
    if (identity !== undefined) identities.set(tokens, identity);
    return identity;
  }

  /** The login of a request's cookie. A cookie is good at the host that set it, and nowhere else. */
  function loginOf(request: FastifyRequest): BrowserLogin | undefined {
    const login = requestSessions.loginOf(request);
    if (login === undefined || login.host === clientInfoOf(request).host.name) return login;
    requestSessions.forget(request);
    return undefined;
  }

  /** The tokens of a login as they can be used now. Undefined where it has ended. */
  async function usableTokens(request: FastifyRequest, login: BrowserLogin): Promise<SessionTokens | undefined> {
    const tokens = await tokenRecords.load(login.tokensId);
    if (tokens === undefined) return undefined;
    const identity = identityOfTokens(tokens);
    const revoked = identity === undefined ? undefined : revocations.reasonToRefuse(identity);
    if (revoked === 'session_ended') return undefined;
    const refresh = (cause: SessionTokens['cause']) => tokenRefresh.refresh(login, tokens, cause, requesterOf(request));
    if (revoked !== undefined) return refresh('refusal');
    const { accessIssuedAt, accessExpiresAt } = tokens;
    if (now() >= accessExpiresAt) return refresh('age');
    if (now() >= accessExpiresAt - Math.min(AHEAD_MS, (accessExpiresAt - accessIssuedAt) / 5)) {
      // Still good: no request waits, and auth may be away for a while.
      refresh('age').catch((error) => request.log.warn({ err: error }, 'tokens of a session are not refreshed'));
    }
    return tokens;
  }

  async function sessionWith(
    request: FastifyRequest,
    login: BrowserLogin,
    tokens: SessionTokens | undefined,
  ): Promise<BrowserSession | undefined> {
    if (tokens !== undefined) return { login, tokens };
    await discard(request, login);
    return undefined;
  }

  async function discard(request: FastifyRequest, { tokensId }: BrowserLogin): Promise<void> {
    await requestSessions.regenerate(request);
    await tokenRecords.delete(tokensId);
  }

  /** The refresh family dies of itself if auth does not hear of it: its tokens are held nowhere any more. */
  async function tell(request: FastifyRequest, telling: Promise<void>): Promise<void> {
    try {
      await telling;
    } catch (error) {
      request.log.warn({ err: error }, 'auth was not told of the end of a session');
    }
  }

  const changeId: BrowserSessions['changeId'] = async (request, { login, tokens }, changes = {}) => {
    const tokensId = changes.tokens && (await tokenRecords.add(changes.tokens, login.endsAt));
    if (!(await requestSessions.regenerate(request))) {
      if (tokensId !== undefined) await tokenRecords.delete(tokensId);
      return undefined;
    }
    const changed = { ...login, ...(changes.user && { user: changes.user }), ...(tokensId && { tokensId }) };
    await requestSessions.save(request, changed);
    if (tokensId !== undefined) await tokenRecords.delete(login.tokensId);
    return { login: changed, tokens: changes.tokens ?? tokens };
  };

  return {
    requesterOf,
    changeId,
    identityOf: ({ tokens }) => identityOfTokens(tokens),
    async find(request) {
      const login = loginOf(request);
      if (login === undefined) return undefined;
      // Again: between the head of a request and its body the id may have ended, and nothing may follow from it then.
      if ((await options.sessionRecords.load(request.session.sessionId)) === undefined) {
        requestSessions.forget(request);
        return undefined;
      }
      return sessionWith(request, login, await usableTokens(request, login));
    },
    async refreshRefused(request, { login, tokens }) {
      const refreshed = await tokenRefresh.refresh(login, tokens, 'refusal', requesterOf(request));
      return sessionWith(request, login, refreshed);
    },
    laterAccessToken(request) {
      const { sessionId } = request.session;
      return async () => {
        const stored = await options.sessionRecords.load(sessionId);
        return stored && (await usableTokens(request, stored.login))?.accessToken;
      };
    },
    async userOf(request, { login, tokens }) {
      try {
        return (await auth.profile(tokens, requesterOf(request), login.user)).user;
      } catch (error) {
        request.log.warn({ err: error }, 'auth did not tell who a user is now');
        return login.user;
      }
    },
    async open(request, { tokens, user }, remember) {
      const requester = requesterOf(request);
      // The id that the browser brought never lives on (session fixation); one that the store does not know is none.
      const former = loginOf(request);
      if (former !== undefined) {
        const formerTokens = await tokenRecords.load(former.tokensId);
        await discard(request, former);
        if (formerTokens !== undefined) await tell(request, auth.logOut(formerTokens, requester));
      }
      // A session without its login would be a promise that auth does not keep.
      const endsAt = Math.min(now() + options.absoluteMs, tokens.loginEndsAt ?? Number.POSITIVE_INFINITY);
      const tokensId = await tokenRecords.add(tokens, endsAt);
      const login = { host: requester.client.host.name, user, tokensId, remember, endsAt };
      await requestSessions.save(request, login);
      return { login, tokens };
    },
    changeTokens: (request, session, fetch) =>
      tokenRefresh.exclusively(session.login, async (current) => {
        if (current === undefined) return sessionWith(request, session.login, undefined);
        return changeId(request, session, await fetch(current));
      }),
    async end(request) {
      const login = loginOf(request);
      if (login === undefined) return;
      const tokens = await tokenRecords.load(login.tokensId);
      await discard(request, login);
      if (tokens !== undefined) await tell(request, auth.endSignOn(tokens, requesterOf(request)));
    },
  };
}
