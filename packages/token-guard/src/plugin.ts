import { TokenRefusal } from '@gaia/jwt/refusal';
import type { Identity } from '@gaia/tokens/identity';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import fastifyPlugin from 'fastify-plugin';
import { bearerToken } from './bearer.ts';
import type { Guard } from './guard.ts';
import { problemOfRefusal } from './problems.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Who makes the request; undefined outside a guard, and for an anonymous caller where those are let in. */
    identity: Identity | undefined;
  }
}

export interface TokenGuardOptions {
  readonly guard: Pick<Guard, 'verifier'>;
  /** Lets requests without an Authorization header in as anonymous; one with a bad token is refused all the same. */
  readonly optionalIdentity?: boolean;
}

/**
 * Protects every route of the scope on which it is registered: verifies the bearer token and sets `request.identity`.
 * Register it inside an encapsulated scope, beside the routes. Refusals are problems: 401 with `WWW-Authenticate`, 503
 * `keys_unavailable` as long as no key was ever fetched.
 */
export const tokenGuard = fastifyPlugin<TokenGuardOptions>(registerTokenGuard, {
  name: '@gaia/token-guard',
  fastify: '5.x',
});

async function registerTokenGuard(scope: FastifyInstance, options: TokenGuardOptions): Promise<void> {
  const { verifier } = options.guard;
  const anonymousAllowed = options.optionalIdentity ?? false;
  if (!scope.hasRequestDecorator('identity')) scope.decorateRequest('identity', undefined);

  scope.addHook('onRequest', (request, reply, done) => {
    varyByCaller(reply);
    const admit = (identity: Identity) => {
      request.identity = identity;
      done();
    };
    const refuse = (error: unknown) => done(refusal(reply, error));
    try {
      const accessToken = bearerToken(request.raw);
      if (accessToken === undefined) {
        if (!anonymousAllowed) throw new TokenRefusal('authorization_missing');
        done();
        return;
      }
      const outcome = verifier.check(accessToken);
      if (outcome instanceof Promise) outcome.then(admit, refuse);
      else admit(outcome);
    } catch (error) {
      refuse(error);
    }
  });
}

/** RFC 9110 §12.5.5: whatever is answered here, a cache must not give it to another caller. */
function varyByCaller(reply: FastifyReply): void {
  const others = reply.getHeader('vary');
  reply.header('vary', others === undefined ? 'authorization' : `${others}, authorization`);
}

/** The challenge is set here as well as in the problem, so that it is sent whatever error handler the app has. */
function refusal(reply: FastifyReply, error: unknown): Error {
  const problem = problemOfRefusal(error) as Error & { headers?: Readonly<Record<string, string>> };
  if (problem.headers !== undefined) reply.headers(problem.headers);
  return problem;
}

/**
 * The identity of a guarded request. Throws the problem `token_missing` when there is none, so that a route that was
 * left outside its guard answers 401 and no data.
 */
export function identityOf(request: FastifyRequest): Identity {
  if (request.identity === undefined) throw problemOfRefusal(new TokenRefusal('authorization_missing'));
  return request.identity;
}
