import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Guard } from './guard.ts';
import { identityOf } from './plugin.ts';
import { guardProblem, insufficientScope } from './problems.ts';

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
    if (!roles.some((role) => held.includes(role))) throw guardProblem('forbidden');
  });
}

/** Lets in callers whose token is for the site that the path names; 403 `forbidden` otherwise. */
export function requireSite(parameter = 'site'): Requirement {
  return requirement((request) => {
    const { site } = identityOf(request);
    const named = (request.params as Readonly<Record<string, unknown>>)[parameter];
    if (site === undefined || site !== named) {
      throw guardProblem('forbidden', { detail: 'The access token is for another site.' });
    }
  });
}

/** Lets in anybody who has shown a token; for single routes of a scope with `optionalIdentity`. */
export function requireIdentity(): Requirement {
  return requirement((request) => {
    identityOf(request);
  });
}

/**
 * Lets a request in only if all cut-offs up to `maxAge` seconds ago are known here; 503 `revocations_stale` otherwise.
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
      throw guardProblem('revocations_stale', { headers: { 'retry-after': '1' } });
    }
  });
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
