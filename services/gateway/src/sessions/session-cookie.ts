import type { Caller } from '../caller/caller.ts';

/** What @fastify/cookie adds to an app. */
export interface CookieCodec {
  parseCookie(header: string): Record<string, string | undefined>;
  serializeCookie(
    name: string,
    value: string,
    options: { path: string; httpOnly: boolean; secure: boolean; sameSite: 'lax'; maxAge?: number },
  ): string;
}

export interface SessionCookie {
  /** The session's id in a Cookie header, if there is one. */
  read(header: string | undefined, caller: Caller): string | undefined;
  /** Set-Cookie value; `maxAgeSeconds` left out: until the browser is closed. */
  write(id: string, caller: Caller, maxAgeSeconds?: number): string;
  clear(caller: Caller): string;
  /** Whether a browser would keep the cookie on this connection. */
  canBeKept(caller: Caller): boolean;
}

const PLAIN_NAME = 'gaia';
/** RFC 6265bis §4.1.3.2: bound to this host, https and the whole path; no sibling domain can plant it. */
const HOST_NAME = '__Host-gaia';

/** The session's cookie: `__Host-gaia` on secure connections, `gaia` on http://localhost only. */
export function createSessionCookie(codec: CookieCodec): SessionCookie {
  const nameFor = (caller: Caller): string => (caller.secure || !caller.host.local ? HOST_NAME : PLAIN_NAME);
  const write = (value: string, caller: Caller, maxAgeSeconds?: number): string => {
    const name = nameFor(caller);
    return codec.serializeCookie(name, value, {
      path: '/',
      httpOnly: true,
      secure: name === HOST_NAME,
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
    canBeKept: (caller) => caller.secure || caller.host.local,
  };
}
