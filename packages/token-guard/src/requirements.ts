import { problem } from '@gaia/http-service/problem';
import type { Identity } from '@gaia/tokens/identity';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Guard } from './guard.ts';
import { identityOf } from './plugin.ts';
import { insufficientAuthentication, insufficientScope } from './problems.ts';

/** A hook for a route's `onRequest` (before its body is read) or `preHandler`. */
export type Requirement = (request: FastifyRequest, reply: FastifyReply, done: (error?: Error) => void) => void;

/** Lets in callers whose token has all of the scopes; 403 `insufficient_scope` names them otherwise. */
export function requireScope(...scopes: readonly [string, ...string[]]): Requirement {
  return requirement((request) => {
    const held = identityOf(request).scopes;
    if (!scopes.every((scope) => held.includes(scope))) throw insufficientScope(scopes);
  });
}

/** Lets in callers who have at least one of the roles; 403 `forbidden` otherwise. */
export function requireRole(...roles: readonly [string, ...string[]]): Requirement {
  return requirement((request) => {
    const held = identityOf(request).roles;
    if (!roles.some((role) => held.includes(role))) throw problem('forbidden');
  });
}

/** Lets in callers whose token is for the site that the path names; 403 `forbidden` otherwise. */
export function requireSite(parameter = 'site'): Requirement {
  return requirement((request) => {
    const { site } = identityOf(request);
    const named = (request.params as Readonly<Record<string, unknown>>)[parameter];
    if (site === undefined || site !== named) {
      throw problem('forbidden', { detail: 'The access token is for another site.' });
    }
  });
}

/** Requires any valid token; for single routes of a scope with `optionalIdentity`. */
export function requireIdentity(): Requirement {
  return requirement((request) => {
    identityOf(request);
  });
}

/**
 * Lets a request in only if all revocations up to `maxAge` seconds ago are known here; 503 `revocations_stale` otherwise.
 * For routes where a token that was revoked during an outage of Redis would do more harm than a refusal.
 * Throws TypeError at registration if the guard follows no revocation feed.
 */
export function requireFresh(guard: Pick<Guard, 'revocations'>, { maxAge }: { readonly maxAge: number }): Requirement {
  const { revocations } = guard;
  if (revocations === undefined) throw new TypeError('requireFresh needs a guard that follows a revocation feed');
  if (!(maxAge > 0)) throw new RangeError('maxAge must be greater than 0 seconds');
  return requirement(() => {
    const { ageMs } = revocations.status();
    if (ageMs === undefined || ageMs > maxAge * 1_000) {
      throw problem('revocations_stale', { headers: { 'retry-after': '1' } });
    }
  });
}

/** What hands out secrets asks for an authentication that is no older, in seconds. */
export const SECRETS_MAX_AGE = 300;

/**
 * Lets in users who have authenticated at most `maxAge` seconds ago; 401 `insufficient_user_authentication` (RFC 9470)
 * otherwise. A service account's own token passes: it cannot authenticate again, and its permission was given for this. One that
 * acts for a user, such as a minted token, never does.
 */
export function requireRecent({ maxAge, now }: { readonly maxAge: number; readonly now: () => number }): Requirement {
  if (!(maxAge > 0)) throw new RangeError('maxAge must be greater than 0 seconds');
  return requirement((request) => {
    if (!isRecent(identityOf(request), maxAge, now())) throw insufficientAuthentication(maxAge);
  });
}

function isRecent({ actor, authTime, subject, clientId }: Identity, maxAge: number, now: number): boolean {
  if (actor !== undefined) return false;
  // RFC 9068 §2.2: without a resource owner the subject is the client itself.
  if (authTime === undefined) return subject === clientId;
  return now - authTime * 1_000 <= maxAge * 1_000;
}

function requirement(check: (request: FastifyRequest) => void): Requirement {
  return (request, reply, done) => {
    try {
      check(request);
      done();
    } catch (error) {
      const { headers } = error as { headers?: Readonly<Record<string, string>> };
      if (headers !== undefined) reply.headers(headers);
      done(error as Error);
    }
  };
}
