import { isNonce, nonceOf } from '@gaia/hand-over/nonce';
import type { Caller } from '../caller/caller.ts';
import { type CookieCodec, createHostCookie } from '../caller/host-cookie.ts';
import { readReturnPath } from './return-path.ts';

/** A sign-on that this browser has asked for at this host. */
export interface PendingSignOn {
  /** Known to this browser alone; what travels is its digest. */
  readonly verifier: string;
  readonly returnPath: string;
}

export interface PendingSignOns {
  /** Begins one more; gives it and the Set-Cookie value. */
  begin(
    cookieHeader: string | undefined,
    caller: Caller,
    returnPath: string,
  ): { pending: PendingSignOn; setCookie: string };
  /** The one that a token's nonce belongs to. */
  find(cookieHeader: string | undefined, caller: Caller, nonce: string): PendingSignOn | undefined;
  /** Set-Cookie value without the one that has been used. */
  finish(cookieHeader: string | undefined, caller: Caller, used: PendingSignOn): string;
}

/** As long as somebody may take to type a password at the other site. */
const LIFETIME_SECONDS = 600;
/** Tabs that may be under way at once; a page that sends a browser here again and again cannot fill its cookies. */
const MOST = 3;

/**
 * What binds a hand-over to the browser that asked for it: a cookie of the target's own host with the verifiers of the
 * sign-ons under way. A token whose verifier is not there was made for another browser, however genuine.
 */
export function createPendingSignOns(options: {
  readonly codec: CookieCodec;
  readonly randomBytes: (size: number) => Buffer;
}): PendingSignOns {
  const cookie = createHostCookie(options.codec, 'gaia-sso');

  function readAll(cookieHeader: string | undefined, caller: Caller): PendingSignOn[] {
    const parts = (cookie.read(cookieHeader, caller) ?? '').split('~').slice(0, MOST);
    return parts.flatMap((part) => {
      const [verifier, path = ''] = part.split('.', 2);
      const returnPath = readReturnPath(Buffer.from(path, 'base64url').toString('utf8'));
      return isNonce(verifier) && returnPath !== undefined ? [{ verifier, returnPath }] : [];
    });
  }

  function write(all: readonly PendingSignOn[], caller: Caller): string {
    if (all.length === 0) return cookie.clear(caller);
    const encode = ({ verifier, returnPath }: PendingSignOn): string =>
      `${verifier}.${Buffer.from(returnPath).toString('base64url')}`;
    return cookie.write(all.map(encode).join('~'), caller, LIFETIME_SECONDS);
  }

  return {
    begin(cookieHeader, caller, returnPath) {
      const pending = { verifier: options.randomBytes(32).toString('base64url'), returnPath };
      const others = readAll(cookieHeader, caller).slice(0, MOST - 1);
      return { pending, setCookie: write([pending, ...others], caller) };
    },
    find: (cookieHeader, caller, nonce) =>
      readAll(cookieHeader, caller).find(({ verifier }) => nonceOf(verifier) === nonce),
    finish: (cookieHeader, caller, used) =>
      write(
        readAll(cookieHeader, caller).filter(({ verifier }) => verifier !== used.verifier),
        caller,
      ),
  };
}
