import { type BoundedRequest, type Fetch, fetchJson, type JsonResponse } from '@gaia/http-client/bounded-fetch';
import { Problem } from '@gaia/http-service/problem';
import type { Language } from '@gaia/i18n/language';
import { isSiteId } from '@gaia/tokens/site-id';
import type { ClientInfo } from '../client/client-info.ts';
import { problem } from '../errors.ts';
import { originOfHost, type Site } from '../sites/sites.ts';
import { MAX_JSON_BYTES } from '../upstreams/service-fetch.ts';
import type { SessionTokens, SessionUser, TokenResponse } from './tokens.ts';

/** For whom the gateway asks; auth writes it to its audit log and limits attempts by the client's own address. */
export interface Requester {
  readonly client: Pick<ClientInfo, 'address' | 'scheme' | 'host'>;
  readonly requestId: string;
  readonly userAgent: string | undefined;
  /** Of the mails that this causes. */
  readonly language?: Language;
}

interface Credentials {
  readonly email?: string;
  readonly username?: string;
  readonly password: string;
  readonly site?: string;
}

interface Profile {
  readonly user: SessionUser;
  /** All sites that the user belongs to. */
  readonly sites: readonly { readonly id: string; readonly name: string }[];
}

/** What the gateway asks of auth. Every method refuses with upstream_unavailable when auth does not answer. */
export interface AuthClient {
  /** Tokens, or auth's own refusal as a Problem. `site` is the host's, where none is named. */
  logIn(credentials: Credentials, site: string | undefined, requester: Requester): Promise<TokenResponse>;
  /** New tokens; undefined where the family has ended. */
  refresh(
    refreshToken: string,
    cause: SessionTokens['cause'],
    requester: Requester,
  ): Promise<SessionTokens | undefined>;
  /** Tokens of the same login for another site. Auth's refusals. */
  switchSite(tokens: SessionTokens, site: string, requester: Requester): Promise<TokenResponse>;
  /** Tokens with a new time of authentication, for the user's current password. Auth's refusals. */
  reauthenticate(tokens: SessionTokens, password: string, requester: Requester): Promise<TokenResponse>;
  logOut(tokens: SessionTokens, requester: Requester): Promise<void>;
  /** `known`, the user as told before, shortens the wait. */
  profile(tokens: SessionTokens, requester: Requester, known?: SessionUser): Promise<Profile>;
  /** The site of a host; `isKnown` shortens the wait. */
  findSite(host: string, isKnown: boolean): Promise<Site | undefined>;
  /** A hand-over token for the site at a host, and that site's origin. Auth's refusals. */
  handOver(
    tokens: SessionTokens,
    target: { readonly host: string; readonly nonce: string; readonly remember: boolean },
    requester: Requester,
  ): Promise<{ readonly token: string; readonly origin: string }>;
  /** Tokens for a hand-over token and the verifier that this browser holds. Auth's refusals. */
  exchange(
    request: { readonly token: string; readonly verifier: string },
    requester: Requester,
  ): Promise<TokenResponse>;
  /** Ends the sessions of all sites of the sign-on. */
  endSignOn(tokens: SessionTokens, requester: Requester): Promise<void>;
  /** Sends what a person has filled in, in their session if there is one; gives auth's answer. Auth's refusals. */
  submit(
    path: string,
    body: unknown,
    site: string | undefined,
    requester: Requester,
    tokens?: SessionTokens,
  ): Promise<Record<string, unknown>>;
  /** The user's logins. */
  sessionsOf(tokens: SessionTokens, requester: Requester): Promise<readonly UserLogin[]>;
  /** Deletes the user's account. Auth's refusals. */
  deleteAccount(tokens: SessionTokens, password: string, requester: Requester): Promise<void>;
  /** Ends one of the user's logins, or all of them. */
  endLogin(tokens: SessionTokens, id: string | 'all', requester: Requester): Promise<void>;
}

/** One login of the user. */
export interface UserLogin {
  readonly id: string;
  readonly device: string;
  readonly address: string;
  readonly site: string | undefined;
  readonly lastUsedAt: string;
  readonly current: boolean;
}

export interface AuthClientOptions {
  readonly fetch: Fetch;
  readonly authUrl: string;
  readonly publicUrl: string;
  readonly now: () => number;
}

const TIMEOUT_MS = 10_000;
/** Every request of a host waits for it. */
const SITE_TIMEOUT_MS = 5_000;
/** For what is known from before. */
const KNOWN_TIMEOUT_MS = 1_000;

export function createAuthClient({ fetch, authUrl, publicUrl, now }: AuthClientOptions): AuthClient {
  async function ask(path: string, init: Partial<BoundedRequest>): Promise<JsonResponse> {
    let answer: JsonResponse;
    try {
      answer = await fetchJson(`${authUrl}${path}`, {
        fetch,
        timeoutMs: TIMEOUT_MS,
        maxBytes: MAX_JSON_BYTES,
        ...init,
      });
    } catch (cause) {
      throw unavailable(cause);
    }
    if (answer.status >= 500) throw unavailable(new Error(`auth answered ${answer.status}`));
    return answer;
  }

  const post = (path: string, body: unknown, headers: Record<string, string>): Promise<JsonResponse> =>
    ask(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { ...headers, 'content-type': 'application/json' },
    });

  function readTokens(answer: JsonResponse, cause: SessionTokens['cause']): SessionTokens {
    const body = answer.body as Record<string, unknown> | undefined;
    const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn, scope } = body ?? {};
    const { session_expires_in: sessionExpiresIn } = body ?? {};
    if (typeof accessToken !== 'string' || typeof refreshToken !== 'string' || typeof expiresIn !== 'number') {
      throw unavailable(new Error('auth answered without tokens'));
    }
    const accessIssuedAt = now();
    return {
      accessToken,
      refreshToken,
      accessIssuedAt,
      accessExpiresAt: accessIssuedAt + Math.floor(expiresIn * 1_000),
      scope: typeof scope === 'string' ? scope : '',
      loginEndsAt: typeof sessionExpiresIn === 'number' ? accessIssuedAt + sessionExpiresIn * 1_000 : undefined,
      cause,
    };
  }

  const readResponse = (answer: JsonResponse): TokenResponse => {
    const tokens = readTokens(answer, 'login');
    const { user } = answer.body as { user?: unknown };
    if (typeof user !== 'object' || user === null) throw unavailable(new Error('auth answered without a user'));
    return { tokens, user: readUser(user as Record<string, unknown>) };
  };

  return {
    async logIn(credentials, site, requester) {
      const headers = { ...requesterHeaders(requester), ...(site !== undefined && { 'x-gaia-site': site }) };
      const answer = await post('/auth/login', credentials, headers);
      if (answer.status !== 200) throw refusal(answer);
      return readResponse(answer);
    },
    async refresh(refreshToken, cause, requester) {
      const answer = await post('/auth/refresh', { refresh_token: refreshToken }, requesterHeaders(requester));
      if (answer.status === 401 || answer.status === 403) return undefined;
      if (answer.status !== 200) throw unavailable(new Error(`auth answered ${answer.status}`));
      return readTokens(answer, cause);
    },
    async switchSite(tokens, site, requester) {
      const body = { site, refresh_token: tokens.refreshToken };
      const answer = await post('/auth/switch', body, bearerHeaders(tokens, requester));
      if (answer.status !== 200) throw refusal(answer);
      return readResponse(answer);
    },
    async reauthenticate(tokens, password, requester) {
      const headers = bearerHeaders(tokens, requester);
      const answer = await post('/auth/reauthenticate', { current_password: password }, headers);
      if (answer.status !== 200) throw refusal(answer);
      return readResponse(answer);
    },
    async logOut(tokens, requester) {
      await post('/auth/logout', { refresh_token: tokens.refreshToken }, requesterHeaders(requester));
    },
    async profile(tokens, requester, known) {
      const timeoutMs = known === undefined ? TIMEOUT_MS : KNOWN_TIMEOUT_MS;
      const answer = await ask('/auth/me', { headers: bearerHeaders(tokens, requester), timeoutMs });
      if (answer.status !== 200) throw refusal(answer);
      return readProfile(answer.body as Record<string, unknown>);
    },
    async findSite(host, isKnown) {
      const timeoutMs = isKnown ? KNOWN_TIMEOUT_MS : SITE_TIMEOUT_MS;
      const answer = await ask(`/auth/hosts/${encodeURIComponent(host)}`, { timeoutMs });
      if (answer.status === 404 || answer.status === 400) return undefined;
      const body = answer.body as { site?: unknown; name?: unknown } | undefined;
      if (answer.status !== 200 || !isSiteId(body?.site)) {
        throw unavailable(new Error(`auth answered ${answer.status} without a site`));
      }
      const { site, name, origin, registration, origins } = body as Record<string, unknown>;
      return {
        site: String(site),
        name: typeof name === 'string' ? name : String(site),
        origin: typeof origin === 'string' ? origin : originOfHost(host, publicUrl),
        registration: registration === 'open' || registration === 'invitation' ? registration : 'closed',
        origins: Array.isArray(origins) ? origins.filter((one) => typeof one === 'string') : [],
      };
    },
    async handOver(tokens, target, requester) {
      const answer = await post('/auth/sso/hand-over', target, bearerHeaders(tokens, requester));
      if (answer.status !== 200) throw refusal(answer);
      const { token, origin } = (answer.body ?? {}) as Record<string, unknown>;
      if (typeof token !== 'string' || typeof origin !== 'string' || !/^https?:\/\//.test(origin)) {
        throw unavailable(new Error('auth answered without a token'));
      }
      return { token, origin };
    },
    async exchange(request, requester) {
      const answer = await post('/auth/sso/exchange', request, requesterHeaders(requester));
      if (answer.status !== 200) throw refusal(answer);
      return readResponse(answer);
    },
    async endSignOn(tokens, requester) {
      await post('/auth/sso/logout', { refresh_token: tokens.refreshToken }, requesterHeaders(requester));
    },
    async submit(path, body, site, requester, tokens) {
      const own = tokens === undefined ? requesterHeaders(requester) : bearerHeaders(tokens, requester);
      const headers = { ...own, ...(site !== undefined && { 'x-gaia-site': site }) };
      const answer = await post(path, body, headers);
      if (answer.status >= 300) throw refusal(answer);
      return (answer.body ?? {}) as Record<string, unknown>;
    },
    async sessionsOf(tokens, requester) {
      const answer = await ask('/auth/sessions', { headers: bearerHeaders(tokens, requester) });
      if (answer.status !== 200) throw refusal(answer);
      return readLogins(answer.body);
    },
    async deleteAccount(tokens, password, requester) {
      const answer = await post('/auth/me/deletion', { password }, bearerHeaders(tokens, requester));
      if (answer.status !== 204) throw refusal(answer);
    },
    async endLogin(tokens, id, requester) {
      const path = id === 'all' ? '/auth/sessions' : `/auth/sessions/${encodeURIComponent(id)}`;
      const answer = await ask(path, { method: 'DELETE', headers: bearerHeaders(tokens, requester) });
      if (answer.status >= 300) throw refusal(answer);
    },
  };
}

function requesterHeaders({ client, requestId, userAgent, language }: Requester): Record<string, string> {
  return {
    accept: 'application/json',
    'x-request-id': requestId,
    'x-forwarded-for': client.address,
    'x-forwarded-host': client.host.authority,
    'x-forwarded-proto': client.scheme,
    ...(userAgent !== undefined && { 'user-agent': userAgent }),
    ...(language !== undefined && { 'accept-language': language }),
  };
}

function bearerHeaders(tokens: SessionTokens, requester: Requester): Record<string, string> {
  return { ...requesterHeaders(requester), authorization: `Bearer ${tokens.accessToken}` };
}

function readLogins(body: unknown): UserLogin[] {
  const { items } = (body ?? {}) as { items?: unknown };
  if (!Array.isArray(items)) return [];
  return items.map((item: Record<string, unknown>) => ({
    id: String(item.id ?? ''),
    device: String(item.device ?? ''),
    address: String(item.address ?? ''),
    site: typeof item.site === 'string' ? item.site : undefined,
    lastUsedAt: String(item.last_used_at ?? ''),
    current: item.current === true,
  }));
}

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);

function readUser(body: Record<string, unknown>): SessionUser {
  return {
    id: textOrNull(body.id) ?? '',
    email: textOrNull(body.email) ?? '',
    username: textOrNull(body.username),
    name: textOrNull(body.name),
    administrator: body.administrator === true,
  };
}

function readProfile(body: Record<string, unknown>): Profile {
  return {
    user: readUser(body),
    sites: (Array.isArray(body.sites) ? body.sites : []).flatMap((site: Record<string, unknown>) =>
      typeof site?.id === 'string' ? [{ id: site.id, name: textOrNull(site.name) ?? site.id }] : [],
    ),
  };
}

/** Auth's problem document as a problem of ours: the same status, code and words. */
function refusal(answer: JsonResponse): Problem {
  const document = (answer.body ?? {}) as Record<string, unknown>;
  const { type: _type, title, status: _status, code, detail, errors, request_id: _id, ...extensions } = document;
  if (typeof code !== 'string' || typeof title !== 'string') {
    return unavailable(new Error(`auth answered ${answer.status} without a problem document`));
  }
  const headers: Record<string, string> = {};
  for (const name of ['www-authenticate', 'retry-after']) {
    const value = answer.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  return new Problem(code, {
    status: answer.status,
    title,
    headers,
    extensions,
    ...(typeof detail === 'string' && { detail }),
    ...(Array.isArray(errors) && { errors: errors as NonNullable<Problem['errors']> }),
  });
}

function unavailable(cause: unknown): Problem {
  return problem('upstream_unavailable', { headers: { 'retry-after': '1' }, extensions: { service: 'auth' }, cause });
}
