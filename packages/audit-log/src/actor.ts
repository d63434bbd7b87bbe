import type {} from '@gaia/token-guard';
import type { FastifyRequest } from 'fastify';

/** Who did something, and from where, as the audit log keeps it. */
export interface Actor {
  /** A user's or a service account's id; undefined for a caller who has not shown who it is. */
  readonly subject: string | undefined;
  /** The service account or administrator that acts for the subject (RFC 8693 §4.1). */
  readonly actingParty: string | undefined;
  readonly sessionId: string | undefined;
  readonly address: string | undefined;
  readonly requestId: string | undefined;
}

/** Who makes a request; outside a guard the subject is not known yet. */
export function actorOf(request: Pick<FastifyRequest, 'identity' | 'ip' | 'id'>): Actor {
  const { identity } = request;
  return {
    subject: identity?.subject,
    actingParty: identity?.actor,
    sessionId: identity?.sessionId,
    address: request.ip,
    requestId: request.id,
  };
}

/** What is no person and has no session: a service by itself (the rotation of keys), or a sender of webhooks. */
export function systemActor(subject: string): Actor {
  return Object.freeze({
    subject,
    actingParty: undefined,
    sessionId: undefined,
    address: undefined,
    requestId: undefined,
  });
}
