import { isNonce, nonceOf } from '@gaia/hand-over/nonce';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { CookieSettings } from '../cookies/cookie-settings.ts';
import { readReturnPath } from './return-path.ts';

/** A sign-on that this browser has asked for at this host. */
export interface PendingSignOn {
  /** Known to this browser alone; what travels is its digest. */
  readonly verifier: string;
  readonly returnPath: string;
}

export interface PendingSignOns {
  /** Begins one more, and keeps it in the browser. */
  begin(request: FastifyRequest, reply: FastifyReply, returnPath: string): PendingSignOn;
  /** The one that a token's nonce belongs to. */
  find(request: FastifyRequest, nonce: string): PendingSignOn | undefined;
  /** Takes the one that has been used out of the browser. */
  finish(request: FastifyRequest, reply: FastifyReply, used: PendingSignOn): void;
}

/** Time to type a password at the other site. */
const LIFETIME_SECONDS = 600;
/** Tabs that may be under way at once; a page that sends a browser here again and again cannot fill its cookies. */
const MOST = 3;

/**
 * What binds a hand-over to the browser that asked for it: a cookie of the target's own host with the verifiers of the
 * sign-ons under way. A token whose verifier is not there was made for another browser, however genuine.
 */
export function createPendingSignOns(options: {
  readonly cookies: CookieSettings;
  readonly randomBytes: (size: number) => Buffer;
}): PendingSignOns {
  const name = options.cookies.nameOf('gaia-sso');

  function readAll({ cookies }: FastifyRequest): PendingSignOn[] {
    const parts = (cookies[name] ?? '').split('~').slice(0, MOST);
    return parts.flatMap((part) => {
      const [verifier, path = ''] = part.split('.', 2);
      const returnPath = readReturnPath(Buffer.from(path, 'base64url').toString('utf8'));
      return isNonce(verifier) && returnPath !== undefined ? [{ verifier, returnPath }] : [];
    });
  }

  function write(reply: FastifyReply, all: readonly PendingSignOn[]): void {
    const encode = ({ verifier, returnPath }: PendingSignOn): string =>
      `${verifier}.${Buffer.from(returnPath).toString('base64url')}`;
    if (all.length === 0) reply.clearCookie(name);
    else reply.setCookie(name, all.map(encode).join('~'), { maxAge: LIFETIME_SECONDS });
  }

  return {
    begin(request, reply, returnPath) {
      const pending = { verifier: options.randomBytes(32).toString('base64url'), returnPath };
      write(reply, [pending, ...readAll(request).slice(0, MOST - 1)]);
      return pending;
    },
    find: (request, nonce) => readAll(request).find(({ verifier }) => nonceOf(verifier) === nonce),
    finish: (request, reply, used) =>
      write(
        reply,
        readAll(request).filter(({ verifier }) => verifier !== used.verifier),
      ),
  };
}
