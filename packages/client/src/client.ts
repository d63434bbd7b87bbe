import { type Account, createAccount } from './auth/account.ts';
import type { SignIn } from './auth/sign-in.ts';
import { createTokenSignIn } from './auth/token-sign-in.ts';
import { createEntries, type Entries } from './content/entries.ts';
import { createOwnWrites, type OwnWrites } from './content/own-writes.ts';
import { createSearch, type Search } from './content/search.ts';
import type { AnySite, SiteTypes } from './content/types.ts';
import { GaiaError } from './error.ts';
import { addressOf } from './http/address.ts';
import { createHttp, type Http, type HttpResponse } from './http/http.ts';
import { defaultRuntime, type Fetch, type Runtime } from './runtime.ts';
import { createListeners } from './session/listeners.ts';
import type { Session, SessionChange, SignInReason } from './session/session.ts';
import { memoryStorage, type TokenStorage } from './session/storage.ts';
import { createTokenCredentials } from './session/token-credentials.ts';
import { createTokenSession } from './session/token-session.ts';

export interface CommonOptions {
  /** Public address of the gateway; in pages of other origins a host of the site. */
  readonly url: string;
  /** Id of the site. Without one only what belongs to no site can be called. */
  readonly site?: string;
  /** Where a server reaches the gateway, if not at `url`. */
  readonly internalUrl?: string;
  readonly fetch?: Fetch;
  /** Milliseconds that a call may take, repetitions included; 30,000 unless given. */
  readonly timeoutMs?: number;
  /** For tests: what the client takes from where it runs. */
  readonly runtime?: Partial<Runtime>;
}

export interface ClientOptions extends CommonOptions {
  /** Where tokens are kept: in memory unless given. */
  readonly storage?: TokenStorage;
}

export interface Auth extends SignIn, Account {}

export interface Content<Site extends SiteTypes<Site>> {
  readonly site: string | undefined;
  entries<Name extends keyof Site & string>(type: Name): Entries<Site[Name]>;
  readonly search: Search;
  /** For the modules of this package. */
  readonly http: Http;
  readonly writes: OwnWrites;
}

export interface Client<Site extends SiteTypes<Site> = AnySite> extends Content<Site> {
  readonly auth: Auth;
}

/** A client that keeps tokens. */
export interface TokenClient<Site extends SiteTypes<Site> = AnySite> extends Client<Site> {
  /** For the modules of this package: makes a token response, of a request that was sent at `sentAt`, that of the session. */
  takeTokens(response: HttpResponse, sentAt: number, reason: SignInReason): Promise<Session>;
}

/** A client with tokens of its own. Give it to one user only. */
export function createClient<Site extends SiteTypes<Site> = AnySite>(options: ClientOptions): TokenClient<Site> {
  const { url, site, internalUrl, storage = memoryStorage(), timeoutMs = 30_000 } = options;
  const runtime = runtimeOf(options);
  const listeners = createListeners<SessionChange>();
  const tokens = createTokenSession({
    runtime,
    storage,
    onChange: listeners.tell,
    sendRefresh: (refreshToken, key, deadline) =>
      http.call('POST', '/auth/refresh', {
        json: { refresh_token: refreshToken },
        headers: { 'idempotency-key': key },
        anonymous: true,
        signal: deadline.signal,
      }),
  });
  const http = createHttp({ runtime, address: addressOf(url, internalUrl), timeoutMs }, createTokenCredentials(tokens));
  const { take: takeTokens, ...signIn } = createTokenSignIn({
    http,
    runtime,
    storage,
    tokens,
    listeners,
    site,
    timeoutMs,
  });
  return { ...createContent<Site>(http, site), auth: { ...signIn, ...createAccount(http, site) }, takeTokens };
}

export function runtimeOf({ fetch, runtime }: Pick<CommonOptions, 'fetch' | 'runtime'>): Runtime {
  return { ...defaultRuntime(), ...(fetch !== undefined && { fetch }), ...runtime };
}

export function createContent<Site extends SiteTypes<Site>>(http: Http, site: string | undefined): Content<Site> {
  const writes = createOwnWrites();
  const needed = (): string => {
    if (site === undefined) throw new GaiaError('site_required', 'The client was made without a site');
    return site;
  };
  return {
    site,
    http,
    writes,
    entries: (type) => createEntries(http, needed(), type, writes),
    search: (text, options) => createSearch(http, needed(), writes)(text, options),
  };
}
