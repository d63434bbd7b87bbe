import type { Service } from '@gaia/http-service/service';
import type { FastifyRequest } from 'fastify';
import { plainAddress } from '../caller/caller.ts';
import { problem } from '../errors.ts';
import { type RateClass, type RateLimiter, WINDOW_SECONDS } from './rate-limiter.ts';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Which of the rate limits counts for the route; `default` if not said. */
    rateClass?: RateClass;
  }
}

/** An orchestrator that asks often must not be turned away. */
const uncounted: ReadonlySet<string> = new Set(['/live', '/ready']);

/**
 * Holds every address to its rate, with the RateLimit and RateLimit-Policy headers of draft-ietf-httpapi-ratelimit-headers
 * on every answer; over it 429 rate_limited with Retry-After.
 */
export function limitRates(app: Service, limiter: RateLimiter): void {
  app.addHook('onRequest', async (request, reply) => {
    if (uncounted.has(request.routeOptions.url ?? '')) return;
    const rateClass = classOf(request);
    const decision = await limiter.take(rateClass, plainAddress(request.ip));
    reply.header('ratelimit-policy', `"${rateClass}";q=${decision.limit};w=${WINDOW_SECONDS}`);
    reply.header('ratelimit', `"${rateClass}";r=${decision.remaining};t=${decision.resetSeconds}`);
    if (!decision.allowed) throw problem('rate_limited', { headers: { 'retry-after': String(decision.resetSeconds) } });
  });
}

function classOf(request: FastifyRequest): RateClass {
  return request.routeOptions.config.rateClass ?? 'default';
}
