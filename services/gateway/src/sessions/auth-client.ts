import { Problem } from '@gaia/http-service/problem';
import type { Caller } from '../caller/caller.ts';
import { problem } from '../errors.ts';
import type { Site } from '../sites/site-directory.ts';
import { fetchJson, type JsonAnswer } from '../upstreams/fetch-json.ts';
import type { SessionTokens, SessionUser } from './session.ts';

/** For whom the gateway asks; auth writes it to its audit and holds attempts against the caller's own address. */
export interface AskedFor {
  readonly caller: Pick<Caller, 'address' | 'scheme' | 'host'>;
  readonly requestId: string;
  readonly userAgent: string | undefined;
}

export interface Credentials {
  readonly email?: string;
  readonly username?: string;
  readonly password: string;
  readonly site?: string;
}

export interface Profile {
  readonly user: SessionUser;
  readonly site: string | undefined;
  readonly roles: readonly string[];
}

/** What the gateway asks of auth. Every method refuses with upstream_unavailable when auth does not answer. */
export interface AuthClient {
  /** Tokens, or auth's own refusal as a Problem. `site` is the host's, where the caller names none. */
  logIn(credentials: Credentials, site: string | undefined, askedFor: AskedFor): Promise<SessionTokens>;
  /** New tokens; undefined where the family has ended. */
  refresh(refreshToken: string, cause: SessionTokens['cause'], askedFor: AskedFor): Promise<SessionTokens | undefined>;
  logOut(tokens: SessionTokens, askedFor: AskedFor): Promise<void>;
  profile(tokens: SessionTokens, askedFor: AskedFor): Promise<Profile>;
  /** The site of a host. */
  findSite(host: string): Promise<Site | undefined>;
}

export interface AuthClientOptions {
  readonly fetch: typeof globalThis.fetch;
  readonly authUrl: string;
  readonly now: () => number;
}

const TIMEOUT_MS = 10_000;
/** Every request of an unknown host waits for this one. */
const SITE_TIMEOUT_MS = 1_000;

export function createAuthClient({ fetch, authUrl, now }: AuthClientOptions): AuthClient {
  async function ask(path: string, init: RequestInit & { timeoutMs?: number }): Promise<JsonAnswer> {
    let answer: JsonAnswer;
    try {
      answer = await fetchJson(fetch, `${authUrl}${path}`, { timeoutMs: TIMEOUT_MS, ...init });
    } catch (cause) {
      throw unavailable(cause);
    }
    if (answer.status >= 500) throw unavailable(new Error(`auth answered ${answer.status}`));
    return answer;
  }

  const post = (path: string, body: unknown, headers: Record<string, string>): Promise<JsonAnswer> =>
    ask(path, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { ...headers, 'content-type': 'application/json' },
    });

  function readTokens(answer: JsonAnswer, cause: SessionTokens['cause']): SessionTokens {
    const body = answer.body as Record<string, unknown> | undefined;
    const { access_token: accessToken, refresh_token: refreshToken, expires_in: expiresIn, scope } = body ?? {};
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
      cause,
    };
  }

  return {
    async logIn(credentials, site, askedFor) {
      const headers = { ...askedForHeaders(askedFor), ...(site !== undefined && { 'x-gaia-site': site }) };
      const answer = await post('/auth/login', credentials, headers);
      if (answer.status !== 200) throw refusal(answer);
      return readTokens(answer, 'login');
    },
    async refresh(refreshToken, cause, askedFor) {
      const answer = await post('/auth/refresh', { refresh_token: refreshToken }, askedForHeaders(askedFor));
      if (answer.status === 401 || answer.status === 403) return undefined;
      if (answer.status !== 200) throw unavailable(new Error(`auth answered ${answer.status}`));
      return readTokens(answer, cause);
    },
    async logOut(tokens, askedFor) {
      await post('/auth/logout', { refresh_token: tokens.refreshToken }, askedForHeaders(askedFor));
    },
    async profile(tokens, askedFor) {
      const headers = { ...askedForHeaders(askedFor), authorization: `Bearer ${tokens.accessToken}` };
      const answer = await ask('/auth/me', { headers });
      if (answer.status !== 200) throw refusal(answer);
      return readProfile(answer.body as Record<string, unknown>);
    },
    async findSite(host) {
      const answer = await ask(`/auth/hosts/${encodeURIComponent(host)}`, { timeoutMs: SITE_TIMEOUT_MS });
      if (answer.status === 404 || answer.status === 400) return undefined;
      const body = answer.body as { site?: unknown; name?: unknown } | undefined;
      if (answer.status !== 200 || typeof body?.site !== 'string' || !siteSyntax.test(body.site)) {
        throw unavailable(new Error(`auth answered ${answer.status} without a site`));
      }
      return { site: body.site, name: typeof body.name === 'string' ? body.name : body.site };
    },
  };
}

const siteSyntax = /^[a-z0-9.-]{1,253}$/;

function askedForHeaders({ caller, requestId, userAgent }: AskedFor): Record<string, string> {
  return {
    accept: 'application/json',
    'x-request-id': requestId,
    'x-forwarded-for': caller.address,
    'x-forwarded-host': caller.host.authority,
    'x-forwarded-proto': caller.scheme,
    ...(userAgent !== undefined && { 'user-agent': userAgent }),
  };
}

function readProfile(body: Record<string, unknown>): Profile {
  const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  return {
    user: {
      id: textOrNull(body.id) ?? '',
      email: textOrNull(body.email) ?? '',
      username: textOrNull(body.username),
      name: textOrNull(body.name),
      administrator: body.administrator === true,
    },
    site: textOrNull(body.site) ?? undefined,
    roles: Array.isArray(body.roles) ? body.roles.filter((role) => typeof role === 'string') : [],
  };
}

/** Auth's problem document as a problem of ours: the same status, code and words. */
function refusal(answer: JsonAnswer): Problem {
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
