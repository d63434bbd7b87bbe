import type { FastifyRequest } from 'fastify';

/** Who did something, and from where, as the audit log keeps it. */
export interface Origin {
  /** A user's or a service account's id; undefined for a caller who has not shown who it is. */
  readonly subject: string | undefined;
  /** The service account or administrator that acts for the subject (RFC 8693 §4.1). */
  readonly actingParty: string | undefined;
  readonly sessionId: string | undefined;
  readonly address: string | undefined;
  readonly requestId: string | undefined;
}

/** The origin of a request; outside a guard the subject is not known yet. */
export function originOf(request: Pick<FastifyRequest, 'identity' | 'ip' | 'id'>): Origin {
  const { identity } = request;
  return {
    subject: identity?.subject,
    actingParty: identity?.actor,
    sessionId: identity?.sessionId,
    address: request.ip,
    requestId: request.id,
  };
}

/** What the service does by itself, such as the rotation of keys. */
export const ownOrigin: Origin = Object.freeze({
  subject: 'auth',
  actingParty: undefined,
  sessionId: undefined,
  address: undefined,
  requestId: undefined,
});
