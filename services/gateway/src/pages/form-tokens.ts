import { timingSafeEqual } from 'node:crypto';
import type { FastifyRequest } from 'fastify';
import type { Caller } from '../caller/caller.ts';
import { type CookieCodec, createHostCookie } from '../caller/host-cookie.ts';
import { requireSameOrigin } from '../csrf/request-origin.ts';
import { problem } from '../errors.ts';
import type { KeyedDigest } from '../sessions/session-secrets.ts';

export interface FormTokens {
  /** The token for the forms of a page, and the Set-Cookie value where the browser has no cookie yet. */
  issue(request: FastifyRequest, caller: Caller): { readonly token: string; readonly setCookie: string | undefined };
  /** Refuses a form that does not come from a page of ours in this browser: cross_site_refused, form_expired. */
  check(request: FastifyRequest, caller: Caller, token: string | undefined): void;
}

const syntax = /^[\w-]{43}$/;

/**
 * CSRF tokens of forms, with or without a session: another site could otherwise sign a visitor in under an account of its
 * own and read what is then typed (login CSRF). The cookie is of this host alone, and the token is keyed, so that a
 * cookie that somebody has planted has no token.
 */
export function createFormTokens(options: {
  readonly codec: CookieCodec;
  readonly digest: KeyedDigest;
  readonly randomBytes: (size: number) => Buffer;
}): FormTokens {
  const cookie = createHostCookie(options.codec, 'gaia-form');
  const tokenOf = (value: string): string => options.digest('form', value);

  function read(request: FastifyRequest, caller: Caller): string | undefined {
    const value = cookie.read(request.headers.cookie, caller);
    return value !== undefined && syntax.test(value) ? value : undefined;
  }

  return {
    issue(request, caller) {
      const known = read(request, caller);
      if (known !== undefined) return { token: tokenOf(known), setCookie: undefined };
      const made = options.randomBytes(32).toString('base64url');
      return { token: tokenOf(made), setCookie: cookie.write(made, caller) };
    },
    check(request, caller, token) {
      requireSameOrigin(request.raw.headers, caller);
      const value = read(request, caller);
      if (value === undefined || token === undefined) throw problem('form_expired');
      const given = Buffer.from(token);
      const wanted = Buffer.from(tokenOf(value));
      if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) throw problem('form_expired');
    },
  };
}
