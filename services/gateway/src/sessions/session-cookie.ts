import type { Caller } from '../caller/caller.ts';
import { type CookieCodec, canKeepCookies, createHostCookie, type HostCookie } from '../caller/host-cookie.ts';

export interface SessionCookie extends HostCookie {
  /** Whether a browser would keep the cookie on this connection. */
  canBeKept(caller: Caller): boolean;
}

/** The session's cookie: `__Host-gaia` on secure connections, `gaia` on http://localhost only. */
export function createSessionCookie(codec: CookieCodec): SessionCookie {
  return { ...createHostCookie(codec, 'gaia'), canBeKept: canKeepCookies };
}
