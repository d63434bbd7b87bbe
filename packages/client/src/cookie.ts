import { createAccount } from './auth/account.ts';
import { createCookieSignIn } from './auth/cookie-sign-in.ts';
import { type Client, type CommonOptions, createContent, runtimeOf } from './client.ts';
import type { AnySite, SiteTypes } from './content/types.ts';
import { addressOf } from './http/address.ts';
import { createCookieJar } from './http/cookie-jar.ts';
import { createHttp } from './http/http.ts';

/** Whom a server makes its calls for. */
export interface Visitor {
  /** Cookie header of the visitor's request. */
  readonly cookie: string | null | undefined;
  /** Sends a Set-Cookie line with the response to the visitor. */
  setCookie(line: string): void;
  readonly userAgent?: string | null | undefined;
  /** Address of the visitor; the gateway goes by it where this server is one of its trusted proxies. */
  readonly address?: string | undefined;
}

export interface CookieClientOptions extends CommonOptions {
  /** On a server. The client is then for this one request and this one visitor. */
  readonly visitor?: Visitor;
}

/**
 * A client whose session is a cookie that no script can read, and whose tokens the gateway keeps. For pages on a site's own
 * host, and for that site's server.
 */
export function createCookieClient<Site extends SiteTypes<Site> = AnySite>(options: CookieClientOptions): Client<Site> {
  const { url, site, internalUrl, timeoutMs = 30_000, visitor } = options;
  const { signIn, credentials } = createCookieSignIn({
    http: () => http,
    jar: visitor && createCookieJar(visitor.cookie),
    setCookie: visitor?.setCookie,
  });
  const http = createHttp(
    {
      runtime: runtimeOf(options),
      address: addressOf(url, internalUrl),
      timeoutMs,
      headers: visitor && headersOf(visitor, url),
    },
    credentials,
  );
  return { ...createContent<Site>(http, site), auth: { ...signIn, ...createAccount(http, site) } };
}

function headersOf({ userAgent, address }: Visitor, url: string): Record<string, string> {
  return {
    ...(userAgent && { 'user-agent': userAgent }),
    ...(address && { 'x-forwarded-for': address, 'x-forwarded-proto': new URL(url).protocol.slice(0, -1) }),
  };
}
