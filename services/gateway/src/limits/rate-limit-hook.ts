import { networkOf } from '@gaia/http-service/client-network';
import type { Service } from '@gaia/http-service/service';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { problem } from '../errors.ts';
import { type RateClass, type RateDecision, type RateLimiter, WINDOW_SECONDS } from './rate-limiter.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Which of the rate limits counts for the route; by the method if not said. */
    rateClass?: RateClass;
    /** What changes something here counts as an upload. */
    uploads?: true;
  }
}

/** An orchestrator that asks often must not be turned away. */
const uncounted: ReadonlySet<string> = new Set(['/live', '/ready']);

/** RFC 9110 §9.2.1. */
const readingMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Holds every address to its rate, with the RateLimit and RateLimit-Policy headers of draft-ietf-httpapi-ratelimit-headers
 * on every answer; over it 429 rate_limited with Retry-After.
 */
export function limitRates(app: Service, limiter: RateLimiter): void {
  app.addHook('onRequest', (request, reply, done) => {
    const { url = '', config } = request.routeOptions;
    if (uncounted.has(url)) return done();
    const rateClass = classOf(request, config);
    const decision = limiter.take(rateClass, networkOf(request.ip));
    if (!(decision instanceof Promise)) return done(judge(reply, rateClass, decision));
    decision.then((late) => done(judge(reply, rateClass, late)), done);
  });
}

/** Holds the user of a request to the rate of its class, wherever the requests come from. Refuses: rate_limited. */
export type LimitUser = (request: FastifyRequest, reply: FastifyReply, user: string) => void | Promise<void>;

export function createUserLimit(limiter: RateLimiter): LimitUser {
  return (request, reply, user) => {
    const rateClass = classOf(request, request.routeOptions.config);
    const enforce = (decision: RateDecision): void => {
      const refusal = judge(reply, `${rateClass}-user`, decision);
      if (refusal !== undefined) throw refusal;
    };
    const decision = limiter.take(rateClass, `user:${user}`);
    return decision instanceof Promise ? decision.then(enforce) : enforce(decision);
  };
}

/** Tells what is left under this policy, beside what others say; gives the refusal if nothing is. */
function judge(reply: FastifyReply, policy: string, decision: RateDecision): Error | undefined {
  const { limit, remaining, resetSeconds } = decision;
  add(reply, 'ratelimit-policy', `"${policy}";q=${limit};w=${WINDOW_SECONDS}`);
  add(reply, 'ratelimit', `"${policy}";r=${remaining};t=${resetSeconds}`);
  if (decision.allowed) return undefined;
  return problem('rate_limited', { headers: { 'retry-after': String(resetSeconds) } });
}

/** Both headers are lists (RFC 9651 §3.1). */
function add(reply: FastifyReply, name: string, item: string): void {
  const before = reply.getHeader(name);
  reply.header(name, before === undefined ? item : `${String(before)}, ${item}`);
}

function classOf({ method }: FastifyRequest, config: { rateClass?: RateClass; uploads?: true }): RateClass {
  // Pages of other origins ask with OPTIONS before they try; the question is no attempt.
  if (method === 'OPTIONS') return 'read';
  if (config.rateClass !== undefined) return config.rateClass;
  if (readingMethods.has(method)) return 'read';
  return config.uploads ? 'upload' : 'write';
}
