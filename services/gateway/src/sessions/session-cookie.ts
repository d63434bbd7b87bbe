import type { Caller } from '../caller/caller.ts';
import { type CookieCodec, canKeepCookies, createHostCookie, type HostCookie } from '../caller/host-cookie.ts';
import type { Session } from './session.ts';

export interface SessionCookie extends Pick<HostCookie, 'read' | 'clear'> {
  /** Set-Cookie value for a session: until it ends if it is remembered, else until the browser is closed. */
  write(value: string, session: Pick<Session, 'remember' | 'endsAt'>, caller: Caller): string;
  /** Whether a browser would keep the cookie on this connection. */
  canBeKept(caller: Caller): boolean;
}

/** The session's cookie: `__Host-gaia` on secure connections, `gaia` on http://localhost only. */
export function createSessionCookie(codec: CookieCodec, now: () => number): SessionCookie {
  const { read, write, clear } = createHostCookie(codec, 'gaia');
  return {
    read,
    clear,
    write: (value, { remember, endsAt }, caller) =>
      write(value, caller, remember ? Math.max(1, Math.ceil((endsAt - now()) / 1_000)) : undefined),
    canBeKept: canKeepCookies,
  };
}
