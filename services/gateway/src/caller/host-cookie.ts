import type { Caller } from './caller.ts';

/** What @fastify/cookie adds to an app. */
export interface CookieCodec {
  parseCookie(header: string): Record<string, string | undefined>;
  serializeCookie(
    name: string,
    value: string,
    options: { path: string; httpOnly: boolean; secure: boolean; sameSite: 'lax'; maxAge?: number },
  ): string;
}

/** One cookie of a site's own host that pages cannot read. */
export interface HostCookie {
  /** The value in a Cookie header, if there is one. */
  read(header: string | undefined, caller: Caller): string | undefined;
  /** Set-Cookie value; `maxAgeSeconds` left out: until the browser is closed. */
  write(value: string, caller: Caller, maxAgeSeconds?: number): string;
  clear(caller: Caller): string;
}

/**
 * `__Host-<name>` on secure connections (RFC 6265bis §4.1.3.2: bound to this host, https and the whole path; no sibling
 * domain can plant it), `<name>` on http://localhost only.
 */
export function createHostCookie(codec: CookieCodec, plainName: string): HostCookie {
  const hostName = `__Host-${plainName}`;
  const nameFor = (caller: Caller): string => (caller.secure || !caller.host.local ? hostName : plainName);
  const write = (value: string, caller: Caller, maxAgeSeconds?: number): string => {
    const name = nameFor(caller);
    return codec.serializeCookie(name, value, {
      path: '/',
      httpOnly: true,
      secure: name === hostName,
      sameSite: 'lax',
      ...(maxAgeSeconds !== undefined && { maxAge: maxAgeSeconds }),
    });
  };
  return {
    read(header, caller) {
      const name = nameFor(caller);
      return header?.includes(`${name}=`) ? codec.parseCookie(header)[name] : undefined;
    },
    write,
    clear: (caller) => write('', caller, 0),
  };
}

/** Whether a browser would keep a cookie of ours on this connection. */
export function canKeepCookies(caller: Caller): boolean {
  return caller.secure || caller.host.local;
}
