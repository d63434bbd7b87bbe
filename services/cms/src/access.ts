import type { FastifyReply, FastifyRequest } from 'fastify';
import { problem } from './errors.ts';

/** Refuses tokens of other sites where anonymous callers are let in: they are a mistake, not a way to see less. */
export function requireSiteOfToken(request: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void {
  const { site } = request.params as { readonly site?: string };
  const foreign = request.identity !== undefined && request.identity.site !== site;
  done(foreign ? problem('forbidden', { detail: 'The access token is for another site.' }) : undefined);
}
